"""Writes src/matching/han_variants.txt from the Unihan database.

  python3 src/matching/han_variants.py FOLDER > src/matching/han_variants.txt

FOLDER holds Unihan_Variants.txt and Unihan_OtherMappings.txt (Unicode 15.0 or later, https://www.unicode.org/Public/).
Each line of the result is the character that stands for all, then the others that are read as it.
"""
import collections, sys

# Shinjitai whose older form Unihan names neither as a variant nor as a reading of kJinmeiyoKanji: the table of the
# Japanese government's Jōyō list (2010), new form then old.
SHINJITAI = (
    "亜亞 悪惡 圧壓 囲圍 為爲 壱壹 隠隱 栄榮 営營 衛衞 駅驛 円圓 塩鹽 縁緣 応應 欧歐 殴毆 桜櫻 奥奧 横橫 穏穩 仮假 価價 画畫 絵繪 拡擴 覚覺 楽樂 "
    "巻卷 陥陷 勧勸 歓歡 関關 観觀 帰歸 気氣 亀龜 犠犧 戯戲 拠據 挙擧 虚虛 峡峽 挟挾 狭狹 暁曉 区區 駆驅 勲勳 薫薰 径徑 茎莖 恵惠 渓溪 経經 継繼 "
    "軽輕 鶏鷄 芸藝 撃擊 欠缺 剣劍 圏圈 検檢 権權 県縣 険險 顕顯 験驗 厳嚴 広廣 効效 恒恆 鉱鑛 号號 国國 済濟 砕碎 斎齋 剤劑 雑雜 参參 桟棧 蚕蠶 "
    "惨慘 賛贊 残殘 糸絲 歯齒 児兒 辞辭 湿濕 実實 写寫 釈釋 寿壽 収收 従從 渋澁 獣獸 縦縱 粛肅 処處 叙敍 将將 称稱 焼燒 証證 奨奬 乗乘 剰剩 壌壤 "
    "嬢孃 条條 浄淨 畳疊 縄繩 譲讓 醸釀 触觸 嘱囑 寝寢 慎愼 真眞 尽盡 図圖 粋粹 酔醉 穂穗 随隨 髄髓 枢樞 数數 声聲 静靜 斉齊 摂攝 窃竊 専專 浅淺 "
    "戦戰 践踐 銭錢 潜潛 繊纖 禅禪 双雙 壮壯 争爭 荘莊 捜搜 挿插 装裝 騒騷 総總 臓臟 蔵藏 属屬 続續 堕墮 対對 体體 帯帶 滞滯 台臺 滝瀧 択擇 沢澤 "
    "担擔 単單 胆膽 団團 断斷 弾彈 遅遲 痴癡 虫蟲 昼晝 鋳鑄 庁廳 聴聽 鎮鎭 逓遞 鉄鐵 転轉 点點 伝傳 党黨 盗盜 灯燈 当當 闘鬪 徳德 独獨 読讀 届屆 "
    "弐貳 悩惱 脳腦 覇霸 拝拜 廃廢 売賣 麦麥 発發 髪髮 抜拔 蛮蠻 秘祕 浜濱 瓶甁 払拂 仏佛 併倂 並竝 変變 辺邊 弁辨 弁瓣 弁辯 舗舖 歩步 宝寶 豊豐 "
    "褒襃 没沒 翻飜 槙槇 万萬 満滿 黙默 弥彌 訳譯 薬藥 与與 予豫 余餘 誉譽 揺搖 様樣 謡謠 来來 頼賴 乱亂 覧覽 竜龍 両兩 猟獵 緑綠 塁壘 励勵 礼禮 "
    "霊靈 齢齡 暦曆 歴歷 恋戀 炉爐 労勞 楼樓 録錄 湾灣 湯湯 説說 脱脫 税稅 悦悅 閲閱 郷鄉 呉吳 娯娛 誤誤 黒黑 巣巢 捗捗 鋭銳 喩喻 捜搜 窓窗 "
    "氷冰 塀塀 繋繫 頬頰 剥剝 填塡 嘘噓 掻搔 躯軀 噛嚙 焔焰 鴎鷗 侠俠 蒋蔣 醤醬 蝉蟬 箪簞 祷禱 莱萊 蝋蠟 彦彥 産產 髪髮 麺麵 曽曾 増增 憎憎 贈贈 "
    "層層 僧僧 戸戶 涙淚 戻戾 冊册 刃刄 別别 呂吕 内內 吴吳 拐拐 教敎 朗朗 清淸 青靑 毎每 海海 歳歲 派派 温溫 巨巨 査查 単單 値值 偽僞 厩廐 壷壺"
).split()

# Shapes that newspapers of Taiwan, Hong Kong, Korea and Japan use, for a character that Unihan does not tie to them
# (it has them as "semantic variants", a field too wide to take whole): the shape, then what it is read as.
ALSO_WRITTEN = (
    "裏里 裡里 佈布 佔占 僱雇 兇凶 啓启 唸念 喫吃 嚐尝 慾欲 昇升 棊棋 樑梁 氾泛 汎泛 汙污 汚污 洩泄 淒凄 悽凄 淨净 湧涌 溼湿 滙汇 滷卤 牀床 甦苏 皁皂 箇个 糉粽 綉绣 "
    "綫线 羣群 脣唇 蹟迹 跡迹 週周 遊游 醃腌 釦扣 鉢钵 鍊链 鑑鉴 陞升 霑沾 餬糊 鹼碱 鹸碱 麪面 衆众 眾众 籤签 弔吊 彫雕 擣捣 嶽岳 巖岩 崑昆 崙仑 痠酸 癒愈 祕秘 稜棱 紮扎 絃弦 "
    "翫玩 菸烟 煙烟 葯药 蒐搜 蓆席 蔘参 譁哗 譭毁 燬毁 讚赞 贜赃 踰逾 豔艳 闇暗 墻墙 煇辉 燻熏 殼壳 殻壳 歎叹 殭僵 旣既 孃娘 嵗岁 慼戚 勳勋 勲勋 卹恤 厤历 呪咒 嚮向 塚冢 粧妆 冑胄 枴拐 "
    "槓杠 楡榆 獃呆 甯宁 脩修 臥卧 舖铺 舗铺 鋪铺 蠍蝎 覈核 託托 迴回 鈎钩 鎌镰 鍼针 鬨哄 鷄鸡 顔颜 挙举 舎舍 鶏鸡 蛍萤 輌辆 醗酦 闘斗 聡聪 渋涩 頴颖 竃灶 繍绣 撹搅 勅敕 厠厕 皐皋 "
    "鼈鳖 溌泼 痺痹 茘荔 唖哑 癡痴 廕荫 彿佛 慤悫 抛拋 挱挲 竪竖 綑捆 綳绷 緼缊 膲焦 葠参 譟噪 贃赚 醖酝 饑饥 飢饥 驩欢 鬪斗 鬬斗 麤粗 鑛矿 礦矿 鉱矿 採采 寀采 峯峰 傑杰 栢柏 鉄铁 黒黑 査查 "
    "蔵藏 戸户 戶户 録录 錄录 緑绿 綠绿 横横 徳德 来来 巻卷 内内 說说 歩步 毎每 収收 乗乘 両两 隣邻 鄰邻 歳岁 塩盐 剣剑 臓脏 豫予 粛肃 焼烧 縄绳 県县 栄荣 沢泽 駅驿 "
    "糾糺 幷并 羗羌 迹跡 庵菴 蔆菱 暎映 斈学 髙高 﨑崎 嵜崎 碕埼 舘馆 晄晃 稟禀 淸清 靑青 敎教 卽即 眞真 鎭镇 爲为 僞伪 强强 緖绪 曺曹 裵裴 徹彻"
).split()

def lines(name):
    with open(f"{sys.argv[1]}/{name}", encoding="utf-8") as file:
        for line in file:
            if line.strip() and not line.startswith("#"):
                yield line.rstrip("\n").split("\t")

def char(code):
    return chr(int(code.split("<")[0].removeprefix("U+"), 16))

def basic(*chars):
    return all(0x3400 <= ord(c) <= 0x9FFF for c in chars)

simplified, simpler_of = {}, collections.defaultdict(list)
same = []  # pairs that are one character in another shape
for code, field, value in lines("Unihan_Variants.txt"):
    c, others = char(code), [char(v) for v in value.split()]
    if field == "kSimplifiedVariant":
        others = [o for o in others if o != c and basic(c, o)]
        if others:
            simplified[c] = others[0]
    elif field == "kTraditionalVariant":
        for o in others:
            if o != c and basic(c, o):
                simpler_of[o].append(c)
    elif field == "kZVariant":
        same += [(c, o) for o in others if basic(c, o)]
for code, field, value in lines("Unihan_OtherMappings.txt"):
    if field == "kJinmeiyoKanji" and ":" in value:
        same += [(char(code), char(v.split(":")[1])) for v in value.split() if ":" in v]
same += [tuple(pair) for pair in SHINJITAI + ALSO_WRITTEN if len(set(pair)) == 2]
for traditional, found in simpler_of.items():
    simplified.setdefault(traditional, found[0])

def fold(c):
    seen = set()
    while c in simplified and c not in seen:
        seen.add(c)
        c = simplified[c]
    # Unihan has a few circles: their first character stands for all.
    return min(seen) if c in seen else c

# A shape joins the class of the one it is a shape of; where both have a simplified form, they have the same one.
parent = {}
def root(c):
    while parent.get(c, c) != c:
        c = parent[c]
    return c
def join(new, old):
    a, b = root(fold(new)), root(fold(old))
    if a != b:
        # The simplified form stands for all, if there is one.
        old_is_simplified = b in set(simplified.values())
        parent[a if old_is_simplified else b] = b if old_is_simplified else a
for pair in sorted(set(same)):
    join(*pair)

classes = collections.defaultdict(set)
for c in set(simplified) | set(simplified.values()) | {c for pair in same for c in pair}:
    classes[root(fold(c))].add(c)
for stands_for_all in sorted(classes):
    others = sorted(classes[stands_for_all] - {stands_for_all})
    if others:
        print(stands_for_all + "".join(others))
