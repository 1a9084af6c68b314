//! The reports of the sample newsroom. All invented: outlets, agencies, people and events.

/// A report as an outlet has it.
pub struct Report {
    /// The outlet's folder and the page's name: `/harbour/buses.html`.
    pub path: &'static str,
    pub title: &'static str,
    /// Hours before the start of the newsroom.
    pub hours_ago: u32,
    pub byline: &'static str,
    pub paragraphs: &'static [&'static str],
    /// What the feed gives beside the title; all paragraphs if empty.
    pub summary: &'static str,
}

/// Invented wire copy that three outlets print.
const WIRE: [&str; 7] = [
    "Two white buses with curtained windows left a detention centre outside Dandong before dawn on Tuesday and crossed the river bridge into North Korea, three residents of the Chinese border city told Meridian Wire.",
    "The residents, who spoke on condition that their names not be used, counted between 38 and 45 people on board, most of them women. Police had closed the road to the customs office since midnight.",
    "“They told the market traders to stay inside and keep the lights off,” one of them said. “When the gate opened we saw the buses. Nobody on them looked out.”",
    "If confirmed, it would be the first group known to have been forcibly repatriated through Dandong since the spring. Officials at the customs office did not answer telephone calls.",
    "A fruit seller whose stall faces the bridge said that a truck with North Korean plates had waited on the far side since the evening before.",
    "The Border Rights Forum, which keeps a list of people held in the region, said that it knew the names of eleven women who had been moved to the centre this month, among them a mother with a child of four.",
    "“Each of them had asked not to be sent back,” said the forum's coordinator, Ha Mi-rae. “Repatriation in these circumstances is a sentence without a trial.”",
];

pub const NORTHERN: &[Report] = &[
    Report {
        path: "/northern/two-buses-cross-at-dandong.html",
        title: "Two buses cross at Dandong before dawn as returns resume, residents say",
        hours_ago: 5,
        byline: "Meridian Wire",
        paragraphs: &WIRE,
        summary: "Residents of the border city counted some forty people on board.",
    },
    Report {
        path: "/northern/safe-house-raided-in-shenyang.html",
        title: "Nine held after police raid flat in Shenyang",
        hours_ago: 9,
        byline: "By Aldous Wren",
        paragraphs: &[
            "Police in Shenyang raided a fifth-floor flat in the city's west on Sunday night and led away nine people, among them two children, a neighbour and a relative of one of those held said.",
            "The relative, who lives abroad, had been speaking with her sister by telephone when the door was broken open. “I heard her say the children's names, and then nothing,” she said.",
            "The nine had travelled from the border in two groups and were to leave for the south of the country on Monday. A man who had driven them is missing as well.",
            "People who are caught on this route are usually held for some weeks in the city before they are moved to the border. The Border Rights Forum appealed to the authorities not to deport them.",
            "City police said that they had no information on the matter.",
        ],
        summary: "Two children are among those led away on Sunday night.",
    },
    Report {
        path: "/northern/ice-festival-opens.html",
        title: "Ice festival opens with a palace of forty towers",
        hours_ago: 12,
        byline: "By Petra Lund",
        paragraphs: &[
            "A palace of forty towers, cut from the ice of the river, opened to visitors on Saturday as the north's winter festival began.",
            "Builders worked for three weeks in shifts. The highest tower measures thirty-one metres.",
        ],
        summary: "Builders worked for three weeks in shifts.",
    },
];

pub const HARBOUR: &[Report] = &[
    Report {
        path: "/harbour/dozens-sent-back.html",
        title: "Dozens of North Koreans sent back over the river, say witnesses",
        hours_ago: 4,
        byline: "Meridian Wire",
        // The end is cut, as copy desks do.
        paragraphs: WIRE.first_chunk::<5>().expect("five of seven").as_slice(),
        summary: "Two buses crossed the bridge at Dandong before dawn, residents told Meridian Wire.",
    },
    Report {
        path: "/harbour/container-rates.html",
        title: "Container rates fall for a sixth week",
        hours_ago: 7,
        byline: "By Tomas Eide",
        paragraphs: &[
            "The price of moving a container from the harbour to northern Europe fell for a sixth week, brokers said on Monday.",
            "New ships ordered two years ago are coming into service faster than old ones are scrapped.",
        ],
        summary: "New ships come into service faster than old ones are scrapped.",
    },
    Report {
        path: "/harbour/united-sign-keeper.html",
        title: "Harbour United sign goalkeeper on loan",
        hours_ago: 20,
        byline: "Sports desk",
        paragraphs: &[
            "Harbour United have signed the goalkeeper Ivo Marek on loan until the summer.",
            "Marek, 24, said that he had dreamt of the blue shirt since childhood.",
        ],
        summary: "Ivo Marek joins until the summer.",
    },
];

pub const EASTGATE: &[Report] = &[
    Report {
        path: "/eastgate/buses-at-the-bridge.html",
        title: "Curtained buses at the bridge: what residents of Dandong saw",
        hours_ago: 3,
        byline: "",
        paragraphs: &WIRE,
        summary: "",
    },
    Report {
        path: "/eastgate/premium-envoy.html",
        title: "Envoy says she raised repatriation cases in three meetings",
        hours_ago: 6,
        byline: "By Lena Sørbø",
        // The page is behind a wall; the feed has the whole text.
        paragraphs: &[
            "The special envoy for human rights said on Monday that she had raised the cases of seventeen people at risk of repatriation in each of her three meetings in the capital.",
            "“I gave them the names, the dates of birth and the places where they are held,” she told reporters before her return flight. “I was listened to. I was given no answer.”",
            "The envoy will report to the council in March. She asked to be allowed to visit the two detention centres nearest to the border, and said that the request had been noted.",
            "Families of four of the seventeen travelled with her to the capital but were not received.",
        ],
        summary: "",
    },
    Report {
        path: "/eastgate/profits-come-home.html",
        title: "Profits come home as companies use tax window",
        hours_ago: 15,
        byline: "Business desk",
        paragraphs: &[
            "Companies brought home forty billion in foreign profits last quarter, the central bank said, as a tax window closes in December.",
            "Most of the money came from subsidiaries in two countries.",
        ],
        summary: "A tax window closes in December.",
    },
];

pub const MONITOR: &[Report] = &[
    Report {
        path: "/monitor/count.html",
        title: "Monitors count 112 returned by force since August",
        hours_ago: 8,
        byline: "Border Rights Forum",
        paragraphs: &[
            "At least 112 people were forcibly repatriated from the north-eastern provinces between August and the end of October, according to a count by the Border Rights Forum that draws on relatives, drivers and two former guards.",
            "The number is the highest for any three months since the forum began to count. Seventy-one passed through Tumen, the others through Dandong and two smaller crossings.",
            "Of those returned, 84 were women. In 23 cases relatives have learnt where they were taken; in none have they been able to speak with them.",
            "The forum publishes no names without the consent of the families.",
        ],
        summary: "Seventy-one passed through Tumen, the others through Dandong and two smaller crossings.",
    },
    Report {
        path: "/monitor/withdrawn-statement.html",
        title: "Statement on the nine people held in Shenyang",
        hours_ago: 2,
        byline: "Border Rights Forum",
        paragraphs: &[],
        summary: "The forum has asked the consulates in Shenyang to seek access to the nine people, two of them children, who were led away from a flat in the city on Sunday night. It fears that they will be moved to the border within days and asks all governments to speak for them now.",
    },
];

pub const DUMANGANG: &[Report] = &[
    Report {
        path: "/dumangang/20261124-1.html",
        title: "단둥 세관 앞 버스 두 대…“강제북송 재개된 듯”",
        hours_ago: 5,
        byline: "한가람 기자",
        paragraphs: &[
            "중국 단둥의 한 구금시설에서 24일 새벽 버스 두 대가 나와 압록강 다리를 건넜다고 현지 주민들이 두만강소식에 전했다.",
            "주민들은 버스에 40명 안팎이 타고 있었고 대부분 여성이었다고 말했다. 공안은 자정부터 세관으로 가는 길을 막았다.",
            "한 상인은 “시장 사람들에게 불을 끄고 나오지 말라고 했다”며 “문이 열리자 버스가 보였다. 창밖을 내다보는 사람은 없었다”고 말했다.",
            "사실로 확인되면 봄 이후 단둥을 통해 강제북송된 첫 사례가 된다. 국경인권포럼은 이달 이 시설로 옮겨진 여성 11명의 이름을 확보하고 있다고 밝혔다.",
        ],
        summary: "현지 주민들 “40명 안팎, 대부분 여성”",
    },
    Report {
        path: "/dumangang/20261124-2.html",
        title: "김장철 배추값 작년보다 12% 내려",
        hours_ago: 10,
        byline: "윤새봄 기자",
        paragraphs: &[
            "김장철을 맞아 배추 도매가격이 작년 같은 때보다 12% 내린 것으로 나타났다.",
            "무와 마늘 값은 큰 변화가 없었다.",
        ],
        summary: "무와 마늘 값은 큰 변화 없어",
    },
];

pub const HANBAT: &[Report] = &[Report {
    path: "/hanbat/shenyang-raid.html",
    title: "선양 아파트 급습…어린이 2명 등 탈북민 9명 구금",
    hours_ago: 7,
    byline: "서이든",
    paragraphs: &[
        "중국 선양의 한 아파트에 22일 밤 공안이 들이닥쳐 어린이 두 명을 포함한 탈북민 아홉 명을 연행했다고 가족이 전했다.",
        "해외에 사는 가족은 “동생과 통화하던 중에 문이 부서지는 소리가 났다”며 “아이들 이름을 부르는 소리가 마지막이었다”고 말했다.",
        "이들은 두 무리로 나뉘어 국경에서 선양까지 왔고 23일 남쪽으로 떠날 예정이었다. 이들을 태운 운전사도 연락이 끊겼다.",
        "국경인권포럼은 이들이 며칠 안에 국경으로 옮겨져 북송될 수 있다며 각국 정부가 나서 달라고 호소했다.",
    ],
    summary: "가족 “통화 중 문 부서지는 소리”",
}];

pub const BIANJIE: &[Report] = &[
    Report {
        path: "/bianjie/shenyang.html",
        title: "沈阳一民宅深夜遭搜查 九名朝鲜人被带走",
        hours_ago: 6,
        byline: "边界观察 记者 林远",
        paragraphs: &[
            "沈阳市西部一处民宅22日深夜遭到搜查，九人被带走，其中包括两名儿童，一名邻居和一名亲属向本报证实。",
            "这名身在国外的亲属说，当时她正与妹妹通电话，突然听到砸门的声音，“最后听到的是她在喊孩子的名字”。",
            "据了解，九人分两批从边境抵达沈阳，原定次日南下。载送他们的司机也已失去联系。",
            "人权组织呼吁当局不要将他们遣返。",
        ],
        summary: "其中包括两名儿童。",
    },
    Report {
        path: "/bianjie/apples.html",
        title: "今年苹果丰收 果农忙装箱",
        hours_ago: 11,
        byline: "边界观察",
        paragraphs: &["今年秋季雨水适中，山区苹果普遍丰收。", "果农表示，装箱工作将持续到月底。"],
        summary: "装箱工作将持续到月底。",
    },
];

pub const HAIXIA: &[Report] = &[Report {
    path: "/haixia/returned.html",
    title: "人權團體：三個月內逾百名脫北者遭強制遣返",
    hours_ago: 8,
    byline: "海峽晚報",
    paragraphs: &[
        "「邊境人權論壇」週一公布統計，今年八月至十月間至少有112人從東北各省被強制遣返，為該組織開始統計以來單季最高。",
        "其中71人經圖們口岸，其餘經丹東及兩處較小的口岸。被遣返者中有84名女性。",
        "論壇表示，僅有23個家庭得知親人下落，無一能與其通話。",
    ],
    summary: "其中71人經圖們口岸。",
}];

pub const BROKEN: &[Report] = &[Report {
    path: "/tumen/crossing.html",
    title: "Trucks wait at Tumen crossing after returns, driver says",
    hours_ago: 3,
    byline: "Tumen Post",
    paragraphs: &[
        "A driver who carries timber through Tumen said that he waited for nine hours on Monday while the crossing was kept clear for people who were being repatriated.",
        "“They told us it was maintenance,” he said. “Then a grey bus came through with an escort.”",
    ],
    summary: "The crossing was kept clear for nine hours.",
}];
