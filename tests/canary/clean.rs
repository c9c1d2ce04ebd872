//! One secret for each way in which a text can write it, and the text as somebody else would write it.

use iac_core::__private::Scrub;

struct Case {
    what: &'static str,
    secrets: &'static [&'static str],
    text: &'static str,
    clean: &'static str,
}

const CASES: &[Case] = &[
    Case { what: "as it is", secrets: &["cn+a%41ü"], text: "<cn+a%41ü>", clean: "<[secret]>" },
    Case { what: "white space around", secrets: &[" cn-one\n"], text: "<cn-one>", clean: "<[secret]>" },
    Case {
        what: "one line of several",
        secrets: &["first-line-of-it\nsecond-line-of-it"],
        text: "<second-line-of-it>",
        clean: "<[secret]>",
    },
    Case {
        what: "an indented line of several",
        secrets: &["first-line-of-it\n    second-line-of-it"],
        text: "<second-line-of-it>",
        clean: "<[secret]>",
    },
    Case { what: "hexadecimal", secrets: &["cn-one"], text: "<636e2d6f6e65>", clean: "<[secret]>" },
    Case { what: "HEXADECIMAL", secrets: &["cn-one"], text: "<636E2D6F6E65>", clean: "<[secret]>" },
    Case { what: "base64", secrets: &["cn-one"], text: "<Y24tb25l>", clean: "<[secret]>" },
    // "u:cn-one-1!" and ":cn-one-1!": the secret begins at another place of a group.
    Case {
        what: "base64 behind two bytes",
        secrets: &["cn-one-1"],
        text: "dTpjbi1vbmUtMSE=",
        clean: "dTp[secret]SE=",
    },
    Case {
        what: "base64 behind one byte",
        secrets: &["cn-one-1"],
        text: "OmNuLW9uZS0xIQ==",
        clean: "Om[secret]IQ==",
    },
    Case { what: "base64 with -", secrets: &["cn>>one"], text: "<Y24-Pm9uZQ>", clean: "<[secret]Q>" },
    Case { what: "base64 with _", secrets: &["cn??one"], text: "<Y24_P29uZQ>", clean: "<[secret]Q>" },
    Case { what: "base64 in a URL", secrets: &["cn>>one"], text: "<Y24%2BPm9uZQ>", clean: "<[secret]Q>" },
    Case { what: "a URL", secrets: &["cn-~*/one"], text: "<cn%2D%7E%2A%2fone>", clean: "<[secret]>" },
    Case {
        what: "UTF-8 in a URL",
        secrets: &["cn-ü€😀"],
        text: "cn-%C3%BC%e2%82%ac%F0%9F%98%80",
        clean: "[secret]",
    },
    Case { what: "a form", secrets: &["cn one"], text: "<cn+one>", clean: "<[secret]>" },
    Case { what: "a quote in JSON", secrets: &["cn\"one"], text: "<cn\\\"one>", clean: "<[secret]>" },
    Case { what: "an apostrophe in Debug", secrets: &["cn'one"], text: "<cn\\'one>", clean: "<[secret]>" },
    Case { what: "a slash in JSON", secrets: &["cn/one"], text: "<cn\\/one>", clean: "<[secret]>" },
    Case { what: "a line break", secrets: &["cn\none"], text: "<cn\\none>", clean: "<[secret]>" },
    Case { what: "a carriage return", secrets: &["cn\rone"], text: "<cn\\rone>", clean: "<[secret]>" },
    Case { what: "a tab", secrets: &["cn\tone"], text: "<cn\\tone>", clean: "<[secret]>" },
    Case { what: "a backspace", secrets: &["cn\u{8}one"], text: "<cn\\bone>", clean: "<[secret]>" },
    Case { what: "a form feed", secrets: &["cn\u{c}one"], text: "<cn\\fone>", clean: "<[secret]>" },
    Case { what: "a zero", secrets: &["cn\0one"], text: "<cn\\0one>", clean: "<[secret]>" },
    Case { what: "JSON in ASCII", secrets: &["cn-ü-one"], text: "<cn-\\u00FC-one>", clean: "<[secret]>" },
    Case {
        what: "two surrogates",
        secrets: &["cn-😀-one"],
        text: "<cn-\\ud83d\\ude00-one>",
        clean: "<[secret]>",
    },
    Case { what: "Debug in ASCII", secrets: &["cn-ü-one"], text: "<cn-\\u{fc}-one>", clean: "<[secret]>" },
    Case { what: "a backslash", secrets: &["cn\\One"], text: "<cn\\\\One>", clean: "<[secret]>" },
    Case {
        what: "JSON in JSON",
        secrets: &["cn\\One\""],
        text: "<cn\\\\\\\\One\\\\\\\">",
        clean: "<[secret]>",
    },
    Case {
        what: "a backslash before a break",
        secrets: &["cn\\\none"],
        text: "<cn\\\\\\none>",
        clean: "<[secret]>",
    },
    Case { what: "three backslashes", secrets: &["cn\\\\\\One"], text: "<cn\\\\\\One>", clean: "<[secret]>" },
    Case {
        what: "one that begins another",
        secrets: &["hunter-two", "hunter"],
        text: "<hunter-two>",
        clean: "<[secret]>",
    },
    Case {
        what: "one whose digits begin as another one",
        secrets: &["636e2d6f", "cn-one"],
        text: "<636e2d6f6e65>",
        clean: "<[secret]>",
    },
    Case {
        what: "two that overlap",
        secrets: &["first-middle", "middle-last"],
        text: "<first-middle-last>",
        clean: "<[secret]>",
    },
];

#[test]
fn every_way_of_writing_a_secret_is_cleaned() {
    for Case { what, secrets, text, clean } in CASES {
        for secrets in [secrets.to_vec(), secrets.iter().rev().copied().collect()] {
            let mut cleaned = (*text).to_owned();
            Scrub::new(&secrets).clean(&mut cleaned);
            assert_eq!(cleaned, *clean, "{what}");
        }
    }
}

#[test]
fn a_secret_that_is_cut_off_is_cleaned() {
    for (text, clean) in [
        ("no cn/one-tw", "no [secret]"),
        ("no cn/one%2", "no [secret]"),
        ("no cn\\/one\\", "no [secret]"),
        ("no cn/one thing", "no cn/one thing"),
    ] {
        let mut cleaned = text.to_owned();
        Scrub::new(&["cn/one-two"]).clean_cut(&mut cleaned);
        assert_eq!(cleaned, clean, "{text}");
    }
}

#[test]
fn what_cleans_does_not_show_what_it_knows() {
    let scrub = Scrub::new(&["cn/one-two"]);
    assert_eq!(format!("{scrub:?}"), "Scrub(1 secrets)");
}
