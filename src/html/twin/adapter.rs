//! The adapter between html5gum's tokenizer and html5ever's tree builder.
//!
//! The tokenizer reports pieces of tags; the adapter gathers them into the tokens that the tree
//! builder wants, keeps only the attributes somebody looks at, asks the guard, and hands the
//! tree builder's wish for raw text back to the tokenizer. Comments are passed on without their
//! text, because a token between others matters to the standard and its words do not.

use std::mem;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{
    Doctype, Tag, TagKind, Token, TokenSink, TokenSinkResult, states::RawKind,
};
use html5ever::tree_builder::TreeBuilder;
use html5ever::{Attribute, LocalName, QualName, local_name, ns};
use html5gum::{Emitter, Error, State};

use super::sink::Sink;
use crate::html::names::FORMATTING;
use crate::html::{Budget, guard::Guard};

/// Attributes kept of one tag; the rest of a flood is dropped.
const MOST_ATTRIBUTES: usize = 32;
/// The tree builder wants line numbers for its messages, which nobody reads.
const NO_LINE: u64 = 1;

/// Turns the tokenizer's reports into tokens. Yields one token, `()`, when the budget is spent.
pub(super) struct Adapter<'a> {
    builder: &'a TreeBuilder<u32, Sink>,
    budget: Budget,
    guard: Guard,
    text: Vec<u8>,
    /// Whether the text is that of a script, which the tree would drop.
    in_script: bool,
    is_end_tag: bool,
    is_self_closing: bool,
    tag_name: Vec<u8>,
    /// The name as an atom, made when the first attribute comes or the tag ends.
    local_name: Option<LocalName>,
    last_start_tag: Vec<u8>,
    attributes: Vec<Attribute>,
    attribute_name: Vec<u8>,
    attribute_value: Vec<u8>,
    doctype: DoctypeParts,
    gave_up: bool,
}

#[derive(Default)]
struct DoctypeParts {
    name: Vec<u8>,
    public: Option<Vec<u8>>,
    system: Option<Vec<u8>>,
    force_quirks: bool,
}

impl<'a> Adapter<'a> {
    pub(super) fn new(builder: &'a TreeBuilder<u32, Sink>, budget: Budget) -> Adapter<'a> {
        Adapter {
            builder,
            budget,
            guard: Guard::default(),
            text: Vec::new(),
            in_script: false,
            is_end_tag: false,
            is_self_closing: false,
            tag_name: Vec::new(),
            local_name: None,
            last_start_tag: Vec::new(),
            attributes: Vec::new(),
            attribute_name: Vec::new(),
            attribute_value: Vec::new(),
            doctype: DoctypeParts::default(),
            gave_up: false,
        }
    }

    /// Start tags that the guard dropped.
    pub(super) fn dropped(&self) -> u64 {
        self.guard.dropped()
    }

    /// Gives a token to the tree builder; returns the state it wants the tokenizer in.
    fn process(&mut self, token: Token) -> Option<State> {
        let result = self.builder.process_token(token, NO_LINE);
        self.gave_up = self.builder.sink.is_over(&self.budget);
        self.in_script = matches!(result, TokenSinkResult::RawData(RawKind::ScriptData));
        match result {
            TokenSinkResult::Continue | TokenSinkResult::EncodingIndicator(_) => None,
            TokenSinkResult::Script(_) => Some(State::Data),
            TokenSinkResult::Plaintext => Some(State::PlainText),
            TokenSinkResult::RawData(RawKind::Rcdata) => Some(State::RcData),
            TokenSinkResult::RawData(RawKind::Rawtext) => Some(State::RawText),
            TokenSinkResult::RawData(_) => Some(State::ScriptData),
        }
    }

    /// Passes the gathered text on, split at NUL characters as the standard has them.
    fn flush_text(&mut self) {
        if self.text.is_empty() {
            return;
        }
        let text = mem::take(&mut self.text);
        for (index, part) in text.split(|&byte| byte == 0).enumerate() {
            if index > 0 {
                self.process(Token::NullCharacterToken);
            }
            if !part.is_empty() {
                self.process(Token::CharacterTokens(tendril(part)));
            }
        }
        self.text = text;
        self.text.clear();
    }

    fn local_name(&mut self) -> LocalName {
        let name = self.local_name.take().unwrap_or_else(|| local_name(&self.tag_name));
        self.local_name.insert(name).clone()
    }

    /// Keeps the attribute that just ended, if it is wanted and the first of its name.
    fn finish_attribute(&mut self) {
        if self.attribute_name.is_empty() {
            return;
        }
        if !self.is_end_tag && self.attributes.len() < MOST_ATTRIBUTES {
            let element = self.local_name();
            if is_wanted(self.builder, &element, &self.attribute_name) {
                let local = local_name(&self.attribute_name);
                if self.attributes.iter().all(|attribute| attribute.name.local != local) {
                    self.attributes.push(Attribute {
                        name: QualName::new(None, ns!(), local),
                        value: tendril(&self.attribute_value),
                    });
                }
            }
        }
        self.attribute_name.clear();
        self.attribute_value.clear();
    }

    fn begin_tag(&mut self, is_end_tag: bool) {
        self.tag_name.clear();
        self.local_name = None;
        self.is_end_tag = is_end_tag;
        self.is_self_closing = false;
        self.attributes.clear();
        self.attribute_name.clear();
        self.attribute_value.clear();
    }
}

impl Emitter for &mut Adapter<'_> {
    type Token = ();

    fn pop_token(&mut self) -> Option<()> {
        self.gave_up.then_some(())
    }

    fn should_emit_errors(&mut self) -> bool {
        false
    }

    fn emit_error(&mut self, _: Error) {}

    fn set_last_start_tag(&mut self, last_start_tag: Option<&[u8]>) {
        self.last_start_tag.clear();
        self.last_start_tag.extend(last_start_tag.unwrap_or_default());
    }

    fn emit_eof(&mut self) {
        self.flush_text();
        self.process(Token::EOFToken);
    }

    fn emit_string(&mut self, text: &[u8]) {
        if !self.in_script {
            self.text.extend_from_slice(text);
        }
    }

    fn init_start_tag(&mut self) {
        self.begin_tag(false);
    }

    fn init_end_tag(&mut self) {
        self.begin_tag(true);
    }

    fn push_tag_name(&mut self, text: &[u8]) {
        self.tag_name.extend_from_slice(text);
    }

    fn set_self_closing(&mut self) {
        self.is_self_closing = true;
    }

    fn init_attribute(&mut self) {
        self.finish_attribute();
    }

    fn push_attribute_name(&mut self, text: &[u8]) {
        self.attribute_name.extend_from_slice(text);
    }

    fn push_attribute_value(&mut self, text: &[u8]) {
        self.attribute_value.extend_from_slice(text);
    }

    fn emit_current_tag(&mut self) -> Option<State> {
        self.flush_text();
        self.finish_attribute();
        let name = self.local_name();
        if self.is_end_tag {
            self.last_start_tag.clear();
            self.guard.closes(self.builder.sink.name(&name));
        } else {
            mem::swap(&mut self.last_start_tag, &mut self.tag_name);
            let short = self.builder.sink.name(&name);
            if !self.guard.admits(short, self.builder.sink.last_depth()) {
                self.gave_up = self.guard.dropped() > self.budget.dropped;
                return None;
            }
        }
        let kind = if self.is_end_tag { TagKind::EndTag } else { TagKind::StartTag };
        let attrs = mem::take(&mut self.attributes);
        self.process(Token::TagToken(Tag {
            kind,
            name,
            self_closing: self.is_self_closing && !self.is_end_tag,
            attrs,
            had_duplicate_attributes: false,
        }))
    }

    fn init_comment(&mut self) {
        self.flush_text();
    }

    fn push_comment(&mut self, _: &[u8]) {}

    fn emit_current_comment(&mut self) {
        self.process(Token::CommentToken(StrTendril::new()));
    }

    fn init_doctype(&mut self) {
        self.flush_text();
        self.doctype = DoctypeParts::default();
    }

    fn push_doctype_name(&mut self, text: &[u8]) {
        self.doctype.name.extend_from_slice(text);
    }

    fn set_doctype_public_identifier(&mut self, value: &[u8]) {
        self.doctype.public = Some(value.to_vec());
    }

    fn set_doctype_system_identifier(&mut self, value: &[u8]) {
        self.doctype.system = Some(value.to_vec());
    }

    fn push_doctype_public_identifier(&mut self, text: &[u8]) {
        self.doctype.public.get_or_insert_default().extend_from_slice(text);
    }

    fn push_doctype_system_identifier(&mut self, text: &[u8]) {
        self.doctype.system.get_or_insert_default().extend_from_slice(text);
    }

    fn set_force_quirks(&mut self) {
        self.doctype.force_quirks = true;
    }

    /// The doctype decides whether a table closes a paragraph (quirks mode).
    fn emit_current_doctype(&mut self) {
        let DoctypeParts { name, public, system, force_quirks } = mem::take(&mut self.doctype);
        self.process(Token::DoctypeToken(Doctype {
            name: (!name.is_empty()).then(|| tendril(&name)),
            public_id: public.as_deref().map(tendril),
            system_id: system.as_deref().map(tendril),
            force_quirks,
        }));
    }

    fn current_is_appropriate_end_tag_token(&mut self) -> bool {
        self.is_end_tag && !self.last_start_tag.is_empty() && self.last_start_tag == self.tag_name
    }

    fn adjusted_current_node_present_but_not_in_html_namespace(&mut self) -> bool {
        self.flush_text();
        self.builder.adjusted_current_node_present_but_not_in_html_namespace()
    }
}

/// The bytes are pieces of a `str` cut at ASCII characters, so that nothing is ever replaced.
fn tendril(bytes: &[u8]) -> StrTendril {
    match simdutf8::basic::from_utf8(bytes) {
        Ok(text) => StrTendril::from_slice(text),
        Err(_) => StrTendril::from_slice(&String::from_utf8_lossy(bytes)),
    }
}

fn local_name(bytes: &[u8]) -> LocalName {
    match std::str::from_utf8(bytes) {
        Ok("") => local_name!(""),
        Ok(name) => LocalName::from(name),
        Err(_) => LocalName::from(&*String::from_utf8_lossy(bytes)),
    }
}

/// Whether the tree builder or the sink looks at such an attribute of an element.
fn is_wanted(builder: &TreeBuilder<u32, Sink>, element: &LocalName, attribute: &[u8]) -> bool {
    match attribute {
        b"id" | b"class" | b"hidden" | b"style" | b"type" | b"alttext" | b"encoding" => true,
        b"name" | b"http-equiv" | b"content" if *element == local_name!("meta") => true,
        b"rel" | b"href" if matches!(*element, local_name!("link") | local_name!("area")) => true,
        _ => builder.sink.name(element).categories() & FORMATTING != 0,
    }
}
