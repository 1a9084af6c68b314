//! What furniture says, in the languages that news is read in here: English, Korean, Chinese, Japanese, German, French,
//! Spanish, Italian, Portuguese, Dutch, Russian, Polish, Greek, Turkish and the Nordic ones.
//!
//! A phrase alone proves nothing: reports write about newsletters and quote "read more". It is one sign among those
//! that a passage is judged by, and a filter asks for a second proof in the passage's form or place.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

/// What a phrase is said for. The order is part of the fitted model: add at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cue {
    /// Points to other articles.
    Related,
    /// Asks for an address, a subscription, a gift, a follower.
    Pitch,
    Share,
    /// Belongs to readers' comments, or to their form.
    Comments,
    /// Copyright, cookies, terms, where a text was taken from.
    Notice,
    /// Who wrote it.
    Byline,
    /// Whose picture it is.
    Picture,
    Advert,
    /// Where the way on is barred.
    Wall,
    /// Topics, keywords.
    Tags,
    /// Buttons and places of the page.
    Control,
}

pub const CUES: usize = Cue::Control as usize + 1;

/// `^` at the start: the text begins so. `=`: the text is this and no more, but for marks and digits. Else anywhere.
const PHRASES: [(Cue, &str); CUES] = [
    (
        Cue::Related,
        "^read more|^read also|^also read|^see also|^related|^more on this|^more on|^more from|^more stories|^don't miss|\
         ^do not miss|^most read|^most popular|^most viewed|^recommended|^you may also|^you might also|^you may like|\
         ^read next|^up next|^next article|^previous article|^next story|^trending|^latest news|^latest stories|^top stories|\
         ^further reading|^keep reading|^continue reading|^read full|^read the full|^read:|^read :|^watch:|^watch |^listen:|\
         ^in pictures|^in depth|^explainer:|^opinion:|^must read|^editor's pick|^editors' pick|^popular now|^popular posts|^related post|\
         ^recent posts|^recent news|^more news|^other news|^in case you missed|^what to read|^click here|=more|=more »|\
         ^mehr zum thema|^lesen sie auch|^lesen sie|^lesen sie mehr|^auch interessant|^das könnte sie|^mehr dazu|^mehr:|^weitere artikel|\
         ^weitere nachrichten|^zum thema|^passend dazu|^mehr aus|^meistgelesen|^lesetipp|^mehr lesen|^weiterlesen|^siehe auch|^lesen sie hier|\
         ^lire aussi|^à lire|^a lire|^lire la suite|^voir aussi|^sur le même sujet|^les plus lus|^à voir|^nos lecteurs|^lire également|^pour aller plus loin|\
         ^lea también|^lee también|^leer más|^te puede interesar|^le puede interesar|^más información|^ver también|^noticias relacionadas|\
         ^noticia relacionada|^te recomendamos|^puedes leer|^también puedes|^lo más leído|^más noticias|^sigue leyendo|\
         ^leggi anche|^leggi tutto|^potrebbe interessarti|^ti potrebbe|^articoli correlati|^vedi anche|^approfondisci|^i più letti|\
         ^leia também|^leia mais|^veja também|^saiba mais|^mais lidas|^notícias relacionadas|^lees ook|^lees meer|^meer over|^bekijk ook|\
         ^читайте также|^читайте|^смотрите также|^по теме|^материалы по теме|^подробнее|^другие новости|^ещё по теме|^еще по теме|^последние новости|^популярное|^новости по теме|^главные новости|\
         ^czytaj także|^czytaj też|^czytaj więcej|^zobacz także|^zobacz też|^zobacz również|^czytaj również|^przeczytaj|^polecamy|^więcej na|^więcej o|^powiązane|^warto przeczytać|\
         ^διαβάστε|^διαβαστε|^δείτε|^δειτε|^σχετικά|^σχετικα|^περισσότερα|^devamını oku|^ilgili haber|^bunlar da|^läs också|^läs mer|^les også|^les mer|^læs også|^lue myös|\
         ^관련기사|^관련 기사|^관련뉴스|^관련 뉴스|^많이 본|^주요뉴스|^주요 뉴스|^인기기사|^인기 기사|^최신기사|^다른기사|^이 기사|^오늘의 주요|^추천기사|^함께 보면|^더보기|\
         ^相关阅读|^相關閱讀|^相关新闻|^相關新聞|^相关报道|^相关文章|^相關文章|^延伸阅读|^延伸閱讀|^推荐阅读|^推薦閱讀|^热门|^熱門|^更多|^上一篇|^下一篇|^猜你喜欢|^精彩推荐|^相关链接|^相关专题|^点击排行|^热点|^编辑推荐|^最新|^点击进入|^点击查看|^查看更多|^阅读全文|\
         ^関連記事|^関連ニュース|^あわせて読みたい|^こちらも|^おすすめ|^人気記事|^続きを読む|^次のページ|^前の記事|^次の記事|^もっと見る|^アクセスランキング",
    ),
    (
        Cue::Pitch,
        "sign up for|sign up to|sign up here|sign up now|sign up today|sign up in seconds|sign up with|^sign up|subscribe to|^subscribe|subscribe now|subscribe for|want to stay in the loop|to your inbox|\
         in your inbox|newsletter|download our app|download the app|get the app|our app|join our|join us on|follow us|follow our|\
         ^follow|connect with us|like us on|whatsapp channel|telegram channel|support our|^support |^donate|make a donation|become a member|\
         your support|advert free|ad-free|ad free|push notification|breaking news alerts|email alerts|get our|stay informed|stay up to date|stay up-to-date|free trial|\
         get the latest|get the day's|best of the|delivered straight|delivered to you|our daily|^join the|weekly briefing|daily briefing|google news|preferred source|our podcast|on apple podcasts|\
         anmelden|abonnieren|jetzt abonnieren|newsletter bestellen|folgen sie uns|unseren newsletter|unsere app|zum newsletter|testen sie|kostenlos testen|auf whatsapp|\
         abonnez-vous|inscrivez-vous|recevez|suivez-nous|s'abonner|notre application|infolettre|suscríbete|suscribirse|síguenos|boletín|nuestro canal|recibe|apúntate|\
         iscriviti|seguici|abbonati|inscreva-se|assine|siga-nos|siga o|nosso canal|meld je aan|schrijf je in|volg ons|подписывайтесь|подпишитесь|подписаться|наш канал|телеграм-канал|telegram-канал|присоединяйтесь|\
         zapisz się|subskrybuj|dołącz do|polub nas|obserwuj nas|εγγραφείτε|ακολουθήστε|abone ol|takip edin|prenumerera|abonner|tilaa|구독|뉴스레터|카카오톡|네이버에서|채널 추가|앱 다운|제보는|제보하기|기사제보|\
         订阅|訂閱|关注我们|扫描二维码|扫一扫|公众号|微信号|下载客户端|手机客户端|下载app|关注微信|加入我们|追蹤我們|粉絲團|下載app|メルマガ|購読|フォロー|登録する|アプリをダウンロード|会員登録",
    ),
    (
        Cue::Share,
        "^share|=tweet|=print|=email|^email this|^print this|share this|share on|^teilen|=drucken|auf facebook|^partager|=imprimer|^compartir|^compartilh|^condividi|^поделиться|^udostępnij|^podziel się|^κοινοποίηση|^paylaş|^dela|^del |\
         공유하기|^공유|^分享|分享到|转发到|^シェア|シェアする|ツイート|copy link|copied to clipboard|link copied|^send by|=facebook|=twitter|=whatsapp|=linkedin|=pinterest|=telegram|=reddit|=x|=e-mail|=bluesky|=instagram|=youtube|=tiktok|=tumblr|=line|=messenger|글자크기|글씨크기|字号|字體|文字サイズ|打印本|打印|^收藏|^推荐给|url복사|인쇄하기|스크랩|本文を印刷|=google+|^save",
    ),
    (
        Cue::Comments,
        "^comments|^comment|^leave a|^post a comment|^add a comment|^join the conversation|^join the discussion|^your email address|required fields|^reply|=reply|^log in to|^view comments|^show comments|^have your say|^be the first to|^share your thoughts|^what do you think|\
         ^kommentare|^kommentar|^schreiben sie|^commentaires|^commentaire|^réagir|^comentarios|^deja un|^deja tu|^commenti|^commenta|^lascia un|^comentários|^deixe|^reacties|^комментарии|^комментировать|^оставить|^обсудить|^обсуждение|^отзывы|\
         ^komentarze|^komentarz|^skomentuj|^dodaj komentarz|^opinie|^napisz|^σχόλια|^σχολια|^σχόλιο|^yorum|^kommentarer|^댓글|댓글쓰기|^의견|^评论|^評論|^发表评论|^网友评论|^我来说|^我要评论|^留言|^回复|^跟帖|^热门评论|^コメント|^コメントする|^回應|发表评论|网友评论|^已有|^共有|report abuse|forum rules|zgłoś|odpowiedz|ответить|цитировать|жалоба",
    ),
    (
        Cue::Notice,
        "^source:|^source :|^sources:|^copyright|^©|^(c)|all rights reserved|rights reserved|^this article was originally|^this article originally|^originally published|^this story was|^this article first|republish|^we use cookies|accept cookies|use of cookies|privacy policy|terms of use|terms of service|terms and conditions|cookie policy|affiliate|commission|\
         ^quelle:|^quellen:|alle rechte|datenschutz|nutzungsbedingungen|^dieser artikel|^dieser text|^transparenzhinweis|tous droits|politique de confidentialité|reproduction interdite|todos los derechos|derechos reservados|política de privacidad|^fuente:|^fonte:|riproduzione riservata|tutti i diritti|todos os direitos|alle rechten|^bron:|\
         все права|права защищены|^источник:|^источник|копирование материалов|при использовании материалов|перепечатка|wszelkie prawa|prawa zastrzeżone|^źródło|wszystkie prawa|^πηγή|^πηγη|tüm hakları|^kaynak|\
         무단 전재|무단전재|재배포 금지|재배포금지|저작권자|^<저작권|ⓒ|^출처|^来源|^來源|^文章来源|^本文来源|版权所有|版權所有|未经授权|转载请|未經授權|著作权|^责任编辑|^責任編輯|^编辑|^編輯|^(责任编辑|^（责任编辑|^（编辑|^(编辑|^声明：|^声明:|^免责|^特别声明|版权声明|免责声明|不得转载|^本文转自|^原标题|无断转载|無断転載|無断複製|転載を禁|copyright©|著作権|^出典|^情報提供|\
         ^editor's note|^editors' note|^correction|^clarification|^disclaimer|^about this|^this content|^this post|^advertising disclosure|^material from|^with files from|^with inputs|^reporting by|^additional reporting|^edited by|^(reporting by|^compiled by|^translated by|catch all the|our standards|trust principles",
    ),
    (
        Cue::Byline,
        "^by |^by: |^written by|^posted by|^posted on|^posted|^published|^updated|^last updated|^author|^reporter|^story by|^from |^von |^autor|^par |^publié|^por |^di |^publicado|^автор|^опубликовано|^дата|^текст:|^фото:|^autorka|^opublikowano|^data dodania|^dodane|^utworzono|^ostatnia aktualizacja|^door |^av |^stand:|^veröffentlicht|^aktualisiert|^actualizado|^mis à jour|^gepubliceerd|^pubblicato|^yayınlanma|^güncelleme|\
         기자 =|기자=|기자]|특파원|@|입력 |입력:|수정 |수정:|승인 |등록 |기사입력|기사등록|송고|记者|記者|^文/|^文｜|^作者|发布时间|發佈時間|发表时间|发表于|發布|更新時間|更新时间|^时间|^日期|编辑:|编辑：|^【|公開日|更新日|配信|執筆|ライター|about the author|staff writer|correspondent|min read|minute read|minuten lesezeit|lesezeit|minutes de lecture|read time|reading time|views|浏览|阅读数|点击数|点击：|조회",
    ),
    (
        Cue::Picture,
        "^photo|^image|^picture|^foto|^fotos|^bild|^bilder|^video|^crédit|^credit|^photograph|getty|shutterstock|istock|^file photo|file photo|(photo|[photo|photo by|photo:|image:|image credit|photo credit|picture:|/reuters|/afp|/ap|reuters/|afp/|ap photo|imago|picture alliance|picture-alliance|dpa/|bildquelle|bildrechte|^imagen|^immagine|^zdj|^zdjęcie|^fot.|^fot |^rys|^фото|фото:|^снимок|^φωτ|^fotoğraf|사진=|사진 =|^사진|[사진|연합뉴스 자료|자료사진|제공]|제공)|^图|^圖|图片|圖片|图为|圖為|资料图|資料圖|图/|攝影|摄影|^写真|写真=|(写真|画像|提供)|click to enlarge|enlarge|view gallery|image caption|media caption|illustration|pixabay|unsplash|handout|courtesy of|screenshot|screengrab",
    ),
    (
        Cue::Advert,
        "advertisement|=ad|=ads|sponsored|^promoted|paid content|^partner content|^article continues|^story continues|continues below|^scroll to continue|^anzeige|=werbung|^gesponsert|publicité|publicidad|pubblicità|publicidade|advertentie|реклама|=reklama|reklam|διαφήμιση|광고|^广告|^廣告|=pr|スポンサー|buy now|shop now|add to cart|price at|view deal|see price|check price|available at amazon|from £|from $|in den warenkorb|zum angebot|article content|we recommend",
    ),
    (
        Cue::Wall,
        "subscribers only|subscriber only|subscriber-only|for subscribers|already a subscriber|already have an account|log in to read|login to read|sign in to|create an account|to continue reading|continue reading this|unlock|free articles|paywall|premium content|members only|exclusive to subscribers|to read the full|start your free|verify you are|are you a robot|enable javascript|javascript is disabled|enable cookies|access denied|checking your browser|ad blocker|adblock|\
         nur für abonnenten|bereits abonnent|jetzt weiterlesen|weiterlesen mit|mit einem abo|réservé aux abonnés|déjà abonné|il vous reste|article réservé|exclusivo para suscriptores|solo para suscriptores|ya eres suscriptor|riservato agli abbonati|exclusivo para assinantes|для подписчиков|dla subskrybentów|会員限定|有料会員|残り|会員登録|ログイン|로그인|회원가입|유료회원|登录|登入|註冊|注册|付费|會員限定",
    ),
    (
        Cue::Tags,
        "^tags|^tag:|^topics|^topic:|^keywords|^filed under|^categories|^category|^in this story|^more about|^themen|^schlagwörter|^schlagworte|^stichwörter|^tags:|^mots-clés|^sujets|^temas|^etiquetas|^argomenti|^теги|^темы|^метки|^рубрик|^tagi|^tematy|^słowa kluczowe|^ετικέτες|^etiketler|^태그|^키워드|#|^标签|^標籤|^关键词|^关键字|^キーワード|^タグ|^ジャンル|^カテゴリ",
    ),
    (
        Cue::Control,
        "=home|=menu|=search|=close|=back|=next|=previous|=prev|=log in|=login|=sign in|=register|=top|=back to top|^back to|=skip|^skip to|=loading|=more|=show more|=load more|=view all|=see all|=contact|=contact us|=about|=about us|=help|=play|=pause|=mute|=live|=video|=news|=sport|=sports|=opinion|=world|=politics|=startseite|=zurück|=weiter|=menü|=suche|=accueil|=inicio|=главная|=поиск|=вход|=регистрация|=strona główna|=szukaj|=αρχική|=홈|=메뉴|=검색|=닫기|=목록|=首页|=首頁|=登录|=注册|=搜索|=关闭|=返回顶部|=ホーム|=検索|=閉じる|=トップ|=戻る|=read more|=learn more|=click here|=advertisement|=continue|=expand|=hide|=show|=toggle|=caption|=listen|=replay|=settings|=edit|=report|=copy|=download|toggle navigation|your browser|javascript",
    ),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Where {
    Start,
    Whole,
    Anywhere,
}

struct Lexicon {
    phrases: AhoCorasick,
    meaning: Vec<(Cue, Where, &'static str)>,
}

static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| {
    let mut patterns = vec![];
    let mut meaning = vec![];
    for (cue, phrases) in PHRASES {
        for phrase in phrases.split('|') {
            let (place, phrase) = match phrase.as_bytes().first() {
                Some(b'^') => (Where::Start, &phrase[1..]),
                Some(b'=') => (Where::Whole, &phrase[1..]),
                _ => (Where::Anywhere, phrase),
            };
            if !phrase.is_empty() {
                patterns.push(phrase);
                meaning.push((cue, place, phrase));
            }
        }
    }
    // Its table stays in the processor's cache, which that of a full automaton does not.
    let kind = AhoCorasickKind::ContiguousNFA;
    let phrases = AhoCorasick::builder().match_kind(MatchKind::Standard).kind(Some(kind)).build(patterns);
    Lexicon { phrases: phrases.expect("a constant list of short phrases"), meaning }
});

/// Longer texts are no furniture by their words alone.
const LONGEST: usize = 1200;

/// The cues in a text, each with the first phrase that gave it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cues([Option<&'static str>; CUES]);

impl Cues {
    pub fn of(text: &str) -> Cues {
        let mut cues = Cues::default();
        if text.len() > LONGEST {
            return cues;
        }
        let text = folded(text);
        let text = text.trim_start_matches(|c: char| !c.is_alphanumeric() && !"<(（【[©ⓒ#@（".contains(c));
        let bare = text.trim_end_matches(|c: char| !c.is_alphabetic()).len();
        for found in LEXICON.phrases.find_overlapping_iter(text) {
            let (cue, place, phrase) = LEXICON.meaning[found.pattern().as_usize()];
            let there = match place {
                Where::Start => found.start() == 0,
                Where::Whole => found.start() == 0 && found.end() >= bare,
                Where::Anywhere => true,
            };
            if there && cues.0[cue as usize].is_none() {
                cues.0[cue as usize] = Some(phrase);
            }
        }
        cues
    }

    pub fn get(&self, cue: Cue) -> Option<&'static str> {
        self.0[cue as usize]
    }

    pub fn has(&self, cue: Cue) -> bool {
        self.get(cue).is_some()
    }

    pub fn is_empty(&self) -> bool {
        self.0.iter().all(Option::is_none)
    }

    pub fn bits(&self) -> u32 {
        self.0.iter().enumerate().map(|(at, phrase)| u32::from(phrase.is_some()) << at).sum()
    }
}

/// Lower case, with typewriter apostrophes.
fn folded(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.chars().flat_map(char::to_lowercase).map(|c| if c == '’' { '\'' } else { c }).collect()
}
