//! `pysnn.h` says what the code is, and what programs were compiled with.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::mem::offset_of;

use pysnn_abi::{ABI, Error, Info, Status, Use};

const HEADER: &str = include_str!("../../abi/include/pysnn.h");
/// Both libraries.
const SOURCES: [&str; 2] = [
    concat!(include_str!("../src/exports/model.rs"), include_str!("../src/exports/session.rs")),
    include_str!("../../micro-c/src/lib.rs"),
];
/// The declarations of each version of the interface, as this test prints them.
const VERSIONS: [&str; 2] = [include_str!("../abi/1.txt"), include_str!("../abi/2.txt")];

/// The text without comments and with one space for all others.
fn bare(text: &str) -> String {
    let mut rest = text;
    let mut bare = String::new();
    while let Some((before, behind)) = rest.split_once("/*") {
        bare += before;
        rest = behind.split_once("*/").unwrap().1;
    }
    (bare + rest).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The functions of the header: name, types of the arguments and of the result.
fn declared() -> BTreeMap<String, String> {
    let text = bare(HEADER);
    let statements =
        text.split(';').filter(|text| text.contains("pysnn_") && text.contains('(') && text.ends_with(')'));
    statements
        .map(|statement| {
            let (head, arguments) = statement.trim().trim_end_matches(')').rsplit_once('(').unwrap();
            let (result, name) = head.rsplit_once(' ').unwrap();
            let result = result.rsplit(['}', '{', '#']).next().unwrap().trim().to_owned();
            let kind = |argument: &str| {
                let argument = argument.trim();
                let end = argument.rfind(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(0);
                argument[..=end].replace(' ', "")
            };
            let kinds: Vec<String> = arguments.split(',').filter(|a| *a != "void").map(kind).collect();
            (name.trim_start_matches('*').to_owned(), format!("({}) {result}", kinds.join(", ")))
        })
        .collect()
}

/// A Rust type as C has it.
fn in_c(kind: &str) -> String {
    let kind = kind.trim();
    if let Some(to) = kind.strip_prefix("*const ") {
        return format!("const{}*", in_c(to));
    }
    if let Some(to) = kind.strip_prefix("*mut ") {
        return format!("{}*", in_c(to));
    }
    let name = match kind {
        "usize" => "size_t",
        "u8" => "uint8_t",
        "u32" => "uint32_t",
        "u64" => "uint64_t",
        "f32" => "float",
        "Info" => "pysnn_info",
        "Allocator" => "pysnn_allocator",
        "Error" => "pysnn_error",
        "Status" => "pysnn_status",
        "Session" | "OpenSession" => "pysnn_session",
        "Arc<Model>" | "OpenModel" => "pysnn_model",
        "()" => "void",
        other => panic!("{other} has no type in C"),
    };
    name.to_owned()
}

/// The functions of the code, in the same form.
fn defined(source: &str) -> BTreeMap<String, String> {
    let functions = source.split("extern \"C\" fn ").skip(1);
    functions
        .map(|text| {
            let (name, rest) = text.split_once('(').unwrap();
            let (arguments, rest) = rest.split_once(')').unwrap();
            let result = rest.split('{').next().unwrap().trim();
            let arguments = arguments.split(',').map(str::trim).filter(|argument| !argument.is_empty());
            let kinds: Vec<String> = arguments.map(|argument| in_c(argument.split_once(':').unwrap().1)).collect();
            let result = if result.is_empty() { "()" } else { result.trim_start_matches("-> ") };
            (name.to_owned(), format!("({}) {}", kinds.join(", "), in_c(result)))
        })
        .collect()
}

#[test]
fn the_header_declares_what_the_code_defines() {
    // What is bytes here is anything in C, and `use` is an enumeration there.
    let plain = |kinds: &String| {
        let kinds = kinds.replace("constvoid*", "constuint8_t*").replace("void*", "uint8_t*");
        kinds.replace("pysnn_use", "uint32_t")
    };
    let declared = declared();
    assert_eq!(declared.len(), 17, "{declared:#?}");
    for source in SOURCES {
        let defined = defined(source);
        assert_eq!(declared.keys().collect::<Vec<_>>(), defined.keys().collect::<Vec<_>>());
        for (name, kinds) in &declared {
            assert_eq!(plain(kinds), plain(&defined[name]), "{name}");
        }
    }
}

#[test]
fn enumerations_and_structures_are_those_of_the_header() {
    let text = bare(HEADER);
    let number = |name: &str| -> u32 {
        let behind = text.split_once(&format!(" {name} = ")).unwrap_or_else(|| panic!("{name}")).1;
        behind.split(|c: char| !c.is_ascii_digit()).next().unwrap().parse().unwrap()
    };
    let statuses = [
        ("OK", Status::Ok),
        ("E_ARGUMENT", Status::Argument),
        ("E_FORMAT", Status::Format),
        ("E_VERSION", Status::Version),
        ("E_UNSUPPORTED", Status::Unsupported),
        ("E_MEMORY", Status::Memory),
        ("E_DATA", Status::Data),
        ("E_RANGE", Status::Range),
        ("E_GOLDEN", Status::Golden),
        ("E_INTERNAL", Status::Internal),
    ];
    for (name, status) in statuses {
        assert_eq!(number(&format!("PYSNN_{name}")), status as u32, "{name}");
    }
    assert_eq!(text.matches("PYSNN_E_").count() + 1, statuses.len());
    assert_eq!([number("PYSNN_RUNS"), number("PYSNN_STREAM")], [Use::Runs as u32, Use::Stream as u32]);
    assert!(HEADER.contains(&format!("#define PYSNN_ABI {ABI}\n")));
    let fields = text.split_once("typedef struct pysnn_info {").unwrap().1.split_once('}').unwrap().0.to_owned();
    let names: Vec<&str> = fields
        .split(';')
        .flat_map(|field| field.trim().trim_start_matches("size_t ").trim_start_matches("uint32_t ").split(", "))
        .filter(|name| !name.is_empty())
        .collect();
    let offsets = [
        ("size", offset_of!(Info, size)),
        ("model_bytes", offset_of!(Info, model_bytes)),
        ("runs_bytes", offset_of!(Info, runs_bytes)),
        ("stream_bytes", offset_of!(Info, stream_bytes)),
        ("state_bytes", offset_of!(Info, state_bytes)),
        ("alignment", offset_of!(Info, alignment)),
        ("format", offset_of!(Info, format)),
        ("channels", offset_of!(Info, channels)),
        ("height", offset_of!(Info, height)),
        ("width", offset_of!(Info, width)),
        ("outputs", offset_of!(Info, outputs)),
        ("steps", offset_of!(Info, steps)),
        ("coding", offset_of!(Info, coding)),
        ("precision", offset_of!(Info, precision)),
        ("readout", offset_of!(Info, readout)),
        ("window", offset_of!(Info, window)),
    ];
    assert_eq!(names, offsets.map(|(name, _)| name));
    assert!(offsets.is_sorted_by_key(|(_, offset)| *offset));
    assert_eq!(offset_of!(Error, message), 4);
    assert!(text.contains("uint8_t message[200];") && size_of::<Error>() == 204);
}

#[test]
fn a_change_of_the_interface_takes_a_new_version() {
    let declarations: String =
        bare(HEADER).split_inclusive([';', '{']).map(|text| text.trim().to_owned() + "\n").collect();
    assert_eq!(ABI as usize, VERSIONS.len(), "keep the declarations of each version in a file of its own");
    assert_eq!(declarations, VERSIONS[VERSIONS.len() - 1], "raise PYSNN_ABI, or leave the interface as it is");
    // Programs of earlier versions go on.
    for kept in VERSIONS[0].lines().filter(|line| !line.contains("PYSNN_ABI")) {
        assert!(declarations.lines().any(|line| line == kept), "{kept}");
    }
}
