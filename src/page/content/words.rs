//! Words in ids and classes, and tags, that tell what part of a page an element is.

/// What a word in an id or a class says of the element; one bit each.
pub(super) mod group {
    /// Menus, breadcrumbs, pagers.
    pub(in super::super) const NAVIGATION: u32 = 1 << 0;
    /// Header, footer, side column, banners, advertisements.
    pub(in super::super) const FRAME: u32 = 1 << 1;
    /// Lists of other pages: related, ranking, recent, archives, tags.
    pub(in super::super) const OTHERS: u32 = 1 << 2;
    /// Share and follow buttons.
    pub(in super::super) const SOCIAL: u32 = 1 << 3;
    /// Who wrote it, log in, subscribe.
    pub(in super::super) const PEOPLE: u32 = 1 << 4;
    /// Forms, dialogs, consent.
    pub(in super::super) const CONTROLS: u32 = 1 << 5;
    /// Date, byline.
    pub(in super::super) const META: u32 = 1 << 6;
    /// The text of an article.
    pub(in super::super) const ARTICLE: u32 = 1 << 7;
    /// Elements `nav` and `menu`.
    pub(in super::super) const TAG_NAV: u32 = 1 << 8;
    /// Element `header`.
    pub(in super::super) const TAG_HEADER: u32 = 1 << 9;
    /// Element `footer`.
    pub(in super::super) const TAG_FOOTER: u32 = 1 << 10;
    /// Element `aside`.
    pub(in super::super) const TAG_ASIDE: u32 = 1 << 11;
    /// Element `form`.
    pub(in super::super) const TAG_FORM: u32 = 1 << 12;
    /// Elements `main` and `article`.
    pub(in super::super) const TAG_MAIN: u32 = 1 << 13;
    /// The word `header`.
    pub(in super::super) const HEADER: u32 = 1 << 14;
}

use memchr::memchr;

use group::*;

/// Reads the groups of one path after another, of each only what it does not share with the last.
#[derive(Default)]
pub(super) struct Groups<'a> {
    path: &'a str,
    /// Where each element of the path ends, and the groups up to there.
    ends: Vec<(usize, u32)>,
}

impl<'a> Groups<'a> {
    /// The groups of all tags and words on a path. Those of `body` say nothing: they speak of the
    /// whole page. A header inside an article is the article's own, with its title.
    pub(super) fn of(&mut self, path: &'a str) -> u32 {
        if std::ptr::eq(self.path, path) {
            return self.ends.last().map_or(0, |&(_, groups)| groups);
        }
        let pairs = self.path.bytes().zip(path.bytes());
        let shared = pairs.take_while(|(last, this)| last == this).count();
        // An element is shared with the `>` behind it.
        self.ends.retain(|&(end, _)| end < shared);
        self.path = path;
        let (mut start, mut groups) = self.ends.last().map_or((0, 0), |last| (last.0 + 1, last.1));
        while start <= path.len() {
            let end = memchr(b'>', &path.as_bytes()[start..]);
            let end = end.map_or(path.len(), |length| start + length);
            let element = &path[start..end];
            if start > 0 || !element.starts_with("body") {
                let is_in_article = groups & (TAG_MAIN | ARTICLE) != 0;
                let others = if is_in_article { !(TAG_HEADER | HEADER) } else { !0 };
                groups |= element_groups(element) & others;
            }
            self.ends.push((end, groups));
            start = end + 1;
        }
        groups
    }
}

fn element_groups(element: &str) -> u32 {
    let mut parts = element.split(['#', '.']);
    let tag = match parts.next().unwrap_or_default() {
        "nav" | "menu" => TAG_NAV,
        "header" => TAG_HEADER,
        "footer" => TAG_FOOTER,
        "aside" => TAG_ASIDE,
        "form" => TAG_FORM,
        "main" | "article" => TAG_MAIN,
        _ => 0,
    };
    parts.fold(tag, |groups, name| groups | name_groups(name))
}

/// Splits an id or class at everything but letters and where a capital follows a small letter.
fn name_groups(name: &str) -> u32 {
    let mut groups = 0;
    let mut word = [0u8; 16];
    let mut length = 0;
    let mut was_small = false;
    for byte in name.bytes().chain([0]) {
        if !byte.is_ascii_alphabetic() || (was_small && byte.is_ascii_uppercase()) {
            groups |= word.get(..length).map_or(0, word_group);
            length = 0;
        }
        if byte.is_ascii_alphabetic() {
            if let Some(letter) = word.get_mut(length) {
                *letter = byte.to_ascii_lowercase();
            }
            length += 1;
        }
        was_small = byte.is_ascii_lowercase();
    }
    groups
}

fn word_group(word: &[u8]) -> u32 {
    match word {
        b"nav" | b"navi" | b"navigation" | b"gnav" | b"gnavi" | b"globalnav" | b"globalnavi"
        | b"glovalnav" | b"lnav" | b"lnavi" | b"snav" | b"navbar" | b"menu" | b"menus"
        | b"submenu" | b"sidemenu" | b"gmenu" | b"menubar" | b"breadcrumb" | b"breadcrumbs"
        | b"bread" | b"crumb" | b"crumbs" | b"pankuzu" | b"pankuzulist" | b"topicpath"
        | b"pager" | b"pagination" | b"paginate" | b"paging" | b"pagenation" | b"pagenavi"
        | b"pagetop" | b"totop" | b"gotop" | b"prev" | b"previous" | b"next" | b"prevnext"
        | b"sitemap" | b"skip" | b"skiplink" | b"dropdown" => NAVIGATION,
        b"header" => HEADER,
        b"footer" | b"foot" | b"side" | b"sidebar" | b"sidebars" | b"sidecolumn" | b"subcol"
        | b"subcolumn" | b"aside" | b"banner" | b"banners" | b"bnr" | b"logo" | b"ad" | b"ads"
        | b"adsense" | b"adsbygoogle" | b"advert" | b"advertisement" | b"sponsor"
        | b"sponsored" | b"promo" | b"promotion" | b"copyright" | b"credit" | b"credits"
        | b"utility" | b"masthead" | b"colophon" | b"branding" | b"pr" | b"tagline" => FRAME,
        b"related" | b"relation" | b"recommend" | b"recommended" | b"recommends"
        | b"recommendation" | b"ranking" | b"rank" | b"popular" | b"recent" | b"latest"
        | b"newest" | b"archive" | b"archives" | b"calendar" | b"tagcloud" | b"cloud"
        | b"category" | b"categories" | b"tags" | b"tag" | b"blogroll" | b"widget" | b"widgets"
        | b"pickup" | b"trackback" | b"trackbacks" | b"hot" | b"feed" | b"rss" | b"backnumber"
        | b"readmore" => OTHERS,
        b"share" | b"shares" | b"sharing" | b"sns" | b"snsb" | b"social" | b"twitter"
        | b"tweet" | b"facebook" | b"fb" | b"hatena" | b"bookmark" | b"bookmarks" | b"pocket"
        | b"follow" | b"like" | b"likes" | b"btn" | b"btns" | b"button" | b"buttons" => SOCIAL,
        b"profile" | b"author" | b"authors" | b"writer" | b"bio" | b"subscribe"
        | b"subscription" | b"newsletter" | b"signup" | b"signin" | b"login" | b"register"
        | b"member" | b"members" | b"account" | b"user" => PEOPLE,
        b"search" | b"form" | b"modal" | b"popup" | b"dialog" | b"overlay" | b"cookie"
        | b"cookies" | b"gdpr" | b"consent" | b"toggle" | b"hamburger" | b"loading"
        | b"tooltip" | b"alert" | b"cart" => CONTROLS,
        b"meta" | b"date" | b"time" | b"posted" | b"postdate" | b"pubdate" | b"byline"
        | b"published" | b"updated" | b"timestamp" | b"postmeta" | b"postmetadata" => META,
        b"article" | b"articles" | b"entry" | b"post" | b"story" | b"honbun" | b"hentry"
        | b"entrybody" | b"entrycontent" | b"articlebody" | b"postbody" | b"blogbody" | b"body"
        | b"text" | b"txt" | b"excerpt" | b"markdown" | b"prose" | b"lead" | b"caption"
        | b"document" | b"doc" | b"wysiwyg" | b"kiji" => ARTICLE,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_whole_words() {
        for (path, groups) in [
            ("body>div#sideBar_2>p", FRAME),
            ("body>div.inside>p.navy", 0),
            ("body.sidebar>p", 0),
            ("body>div#globalNavi>ul.menu-list>li", NAVIGATION),
            ("body>nav>ul>li>a", TAG_NAV),
            ("body>header#header>h1", TAG_HEADER | HEADER),
            ("body>article>header.entry-header>h1", TAG_MAIN | ARTICLE),
            ("body>div.post>div.post-header>h1", ARTICLE),
            ("body>main>article.post>p", TAG_MAIN | ARTICLE),
            ("body>div.mainContent.post-body", ARTICLE),
            ("body>a-word-of-more-than-sixteen-lettersxxxxxxxxxx", 0),
            ("body>p.abcdefghijklmnopnav", 0),
            ("body", 0),
            ("text", 0),
        ] {
            assert_eq!(Groups::default().of(path), groups, "{path}");
        }
    }

    proptest::proptest! {
        #[test]
        fn a_path_reads_the_same_whatever_was_read_before(
            paths in proptest::collection::vec("body(>(nav|div|p)(.post|#side|.header)?){0,4}", 1..9)
        ) {
            let mut groups = Groups::default();
            for path in &paths {
                proptest::prop_assert_eq!(groups.of(path), Groups::default().of(path), "{}", path);
            }
        }
    }
}
