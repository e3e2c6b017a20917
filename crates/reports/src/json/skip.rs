//! Skips a value without storing it. Nine tenths of a report are skipped, so this takes most of the time.

use super::MAX_DEPTH;
use super::lexer::{self, Token};

/// Skips one value; it can be interrupted whenever the window ends.
pub(super) struct Skip {
    /// One bit for each open container, the innermost lowest; 1 is an object.
    open: u128,
    depth: usize,
    /// Number of containers that may still be opened.
    room: usize,
    next: Next,
}

/// What comes next when skipping continues.
#[derive(Clone, Copy)]
enum Next {
    Value,
    /// The rest of a text.
    Text,
    /// A comma or the end of a container.
    Separator,
}

/// The result of a step.
pub(super) enum Progress {
    /// The value ends before this index.
    Done(usize),
    /// The slice ends; what begins at this index must be read again with the bytes that follow.
    More(usize),
    /// The byte at this index is not allowed; and what was expected instead.
    Bad(usize, &'static str),
    /// The container that begins at this index is nested too deeply.
    TooDeep(usize),
}

impl Skip {
    /// For a value that is itself nested `depth` deep.
    pub(super) fn new(depth: usize) -> Self {
        Self { open: 0, depth: 0, room: MAX_DEPTH.saturating_sub(depth), next: Next::Value }
    }

    /// Continues from `at`. `last`: the document ends with the slice.
    pub(super) fn run(&mut self, bytes: &[u8], mut at: usize, last: bool) -> Progress {
        if let Next::Text = self.next {
            match lexer::text(bytes, at) {
                Token::Ends(end) => at = end,
                Token::Open(from) => return Progress::More(from),
                Token::Bad(bad) => return Progress::Bad(bad, TEXT),
            }
            self.next = Next::Separator;
        }
        let mut value_next = matches!(self.next, Next::Value);
        loop {
            if value_next {
                at = lexer::blank(bytes, at);
                let token = match bytes.get(at) {
                    Some(b'"') => {
                        let token = lexer::text(bytes, at + 1);
                        match token {
                            Token::Open(from) => {
                                self.next = Next::Text;
                                return Progress::More(from);
                            }
                            Token::Bad(bad) => return Progress::Bad(bad, TEXT),
                            Token::Ends(_) => token,
                        }
                    }
                    Some(b'0'..=b'9') => lexer::number(bytes, at, last),
                    Some(b'-') if bytes.get(at + 1) != Some(&b'I') => lexer::number(bytes, at, last),
                    Some(b'{') => match self.open_object(bytes, at) {
                        Ok(Token::Open(inside)) => {
                            at = inside;
                            continue;
                        }
                        Ok(token) => token,
                        Err(progress) => return progress,
                    },
                    Some(b'[') => match self.open_array(bytes, at) {
                        Ok(Token::Open(inside)) => {
                            at = inside;
                            continue;
                        }
                        Ok(token) => token,
                        Err(progress) => return progress,
                    },
                    Some(_) => lexer::word(bytes, at),
                    None => Token::Open(at),
                };
                match token {
                    Token::Ends(end) => at = end,
                    Token::Open(from) => {
                        self.next = Next::Value;
                        return Progress::More(from);
                    }
                    Token::Bad(bad) => return Progress::Bad(bad, VALUE),
                }
            }
            // After a value.
            if self.depth == 0 {
                return Progress::Done(at);
            }
            at = lexer::blank(bytes, at);
            let in_object = self.open & 1 == 1;
            match bytes.get(at) {
                Some(b',') if in_object => match key(bytes, at + 1) {
                    Token::Ends(end) => {
                        at = end;
                        value_next = true;
                    }
                    Token::Open(_) => return self.separator_later(at),
                    Token::Bad(bad) => return Progress::Bad(bad, KEY),
                },
                Some(b',') => {
                    at += 1;
                    value_next = true;
                }
                Some(b'}') if in_object => {
                    self.close();
                    at += 1;
                    value_next = false;
                }
                Some(b']') if !in_object => {
                    self.close();
                    at += 1;
                    value_next = false;
                }
                Some(_) => return Progress::Bad(at, if in_object { OBJECT_SEPARATOR } else { ARRAY_SEPARATOR }),
                None => return self.separator_later(at),
            }
        }
    }

    fn separator_later(&mut self, at: usize) -> Progress {
        self.next = Next::Separator;
        Progress::More(at)
    }

    fn close(&mut self) {
        self.open >>= 1;
        self.depth -= 1;
    }

    /// Enters the object at `at`. `Open` says where its first value begins; `Ends` says where an empty object ends. The
    /// first key is read together with the brace, so that skipping is interrupted only before a value or before a
    /// separator.
    fn open_object(&mut self, bytes: &[u8], at: usize) -> Result<Token, Progress> {
        let inside = lexer::blank(bytes, at + 1);
        match bytes.get(inside) {
            Some(b'}') => Ok(Token::Ends(inside + 1)),
            Some(_) => match key(bytes, inside) {
                Token::Ends(end) => {
                    self.enter(1, at)?;
                    Ok(Token::Open(end))
                }
                Token::Open(_) => Err(self.value_later(at)),
                Token::Bad(bad) => Err(Progress::Bad(bad, KEY)),
            },
            None => Err(self.value_later(at)),
        }
    }

    /// Enters the array at `at`, in the same way.
    fn open_array(&mut self, bytes: &[u8], at: usize) -> Result<Token, Progress> {
        let inside = lexer::blank(bytes, at + 1);
        match bytes.get(inside) {
            Some(b']') => Ok(Token::Ends(inside + 1)),
            Some(_) => {
                self.enter(0, at)?;
                Ok(Token::Open(inside))
            }
            None => Err(self.value_later(at)),
        }
    }

    fn value_later(&mut self, at: usize) -> Progress {
        self.next = Next::Value;
        Progress::More(at)
    }

    fn enter(&mut self, object: u128, at: usize) -> Result<(), Progress> {
        if self.depth >= self.room {
            return Err(Progress::TooDeep(at));
        }
        self.open = self.open << 1 | object;
        self.depth += 1;
        Ok(())
    }
}

pub(super) const VALUE: &str = "a value";
pub(super) const KEY: &str = "a key in double quotes and a colon";
pub(super) const TEXT: &str = "text without control characters and with valid escapes";
pub(super) const OBJECT_SEPARATOR: &str = "a comma or `}`";
pub(super) const ARRAY_SEPARATOR: &str = "a comma or `]`";

/// Where the value of the key at or after `at` begins: behind the colon.
fn key(bytes: &[u8], at: usize) -> Token {
    let at = lexer::blank(bytes, at);
    match bytes.get(at) {
        Some(b'"') => match lexer::text(bytes, at + 1) {
            Token::Ends(end) => {
                let colon = lexer::blank(bytes, end);
                match bytes.get(colon) {
                    Some(b':') => Token::Ends(colon + 1),
                    Some(_) => Token::Bad(colon),
                    None => Token::Open(at),
                }
            }
            other => other,
        },
        Some(_) => Token::Bad(at),
        None => Token::Open(at),
    }
}
