//! `$((…))`: integers of 64 bits that wrap around.

use super::ExpandError;

/// How deep parentheses and names that name names may go.
const MAX_DEPTH: usize = 64;

/// Evaluates an expression in which names stand for the numbers that they hold.
pub(super) fn evaluate(text: &str, lookup: &dyn Fn(&str) -> Option<String>) -> Result<i64, ExpandError> {
    let mut parser = Parser { text, at: 0, depth: 0, live: true, lookup };
    parser.blanks();
    if parser.at == text.len() {
        return Ok(0);
    }
    let value = parser.comma()?;
    if parser.at == text.len() { Ok(value) } else { Err(parser.syntax()) }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    /// Whether the value counts; what a short-circuit skips must not fail.
    live: bool,
    lookup: &'a dyn Fn(&str) -> Option<String>,
}

/// Binary operators by rising precedence; longer ones first where one begins another.
const LEVELS: [&[&str]; 9] = [
    &["|"],
    &["^"],
    &["&"],
    &["==", "!="],
    &["<=", ">=", "<", ">"],
    &["<<", ">>"],
    &["+", "-"],
    &["*", "/", "%"],
    &["**"],
];

impl Parser<'_> {
    fn syntax(&self) -> ExpandError {
        ExpandError::Syntax { what: "not an arithmetic expression", offset: self.at }
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn blanks(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn accept(&mut self, operator: &str) -> bool {
        let found = self.rest().starts_with(operator);
        if found {
            self.at += operator.len();
            self.blanks();
        }
        found
    }

    fn comma(&mut self) -> Result<i64, ExpandError> {
        let mut value = self.choice()?;
        while self.accept(",") {
            value = self.choice()?;
        }
        Ok(value)
    }

    fn choice(&mut self) -> Result<i64, ExpandError> {
        self.deeper(|this| {
            let condition = this.or()?;
            if !this.accept("?") {
                return Ok(condition);
            }
            let yes = this.when(condition != 0, Self::comma)?;
            if !this.accept(":") {
                return Err(this.syntax());
            }
            let no = this.when(condition == 0, Self::choice)?;
            Ok(if condition != 0 { yes } else { no })
        })
    }

    fn deeper(
        &mut self,
        inner: impl FnOnce(&mut Self) -> Result<i64, ExpandError>,
    ) -> Result<i64, ExpandError> {
        if self.depth >= MAX_DEPTH {
            return Err(ExpandError::TooLarge);
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    /// Evaluates something that counts only under a condition.
    fn when(
        &mut self,
        condition: bool,
        inner: impl FnOnce(&mut Self) -> Result<i64, ExpandError>,
    ) -> Result<i64, ExpandError> {
        let before = self.live;
        self.live &= condition;
        let result = inner(self);
        self.live = before;
        result
    }

    fn or(&mut self) -> Result<i64, ExpandError> {
        let mut value = self.and()?;
        while self.accept("||") {
            let right = self.when(value == 0, Self::and)?;
            value = i64::from(value != 0 || right != 0);
        }
        Ok(value)
    }

    fn and(&mut self) -> Result<i64, ExpandError> {
        let mut value = self.binary(0)?;
        while self.accept("&&") {
            let right = self.when(value != 0, |this| this.binary(0))?;
            value = i64::from(value != 0 && right != 0);
        }
        Ok(value)
    }

    fn binary(&mut self, level: usize) -> Result<i64, ExpandError> {
        let Some(operators) = LEVELS.get(level) else { return self.unary() };
        let mut value = self.binary(level + 1)?;
        while let Some(operator) = self.operator(operators) {
            // Powers are read from the right.
            let next = if operator == "**" { level } else { level + 1 };
            let right = self.deeper(|this| this.binary(next))?;
            value = self.apply(operator, value, right)?;
        }
        Ok(value)
    }

    fn operator(&mut self, operators: &[&'static str]) -> Option<&'static str> {
        let rest = self.rest();
        let found = operators.iter().find(|operator| {
            let Some(after) = rest.strip_prefix(**operator) else { return false };
            // Not the beginning of another operator.
            match **operator {
                "|" => !after.starts_with('|'),
                "&" => !after.starts_with('&'),
                "*" => !after.starts_with('*'),
                "<" => !after.starts_with('<'),
                ">" => !after.starts_with('>'),
                _ => true,
            }
        })?;
        self.accept(found);
        Some(found)
    }

    fn apply(&self, operator: &str, left: i64, right: i64) -> Result<i64, ExpandError> {
        let shift = u32::try_from(right & 63).unwrap_or(0);
        Ok(match operator {
            "|" => left | right,
            "^" => left ^ right,
            "&" => left & right,
            "==" => i64::from(left == right),
            "!=" => i64::from(left != right),
            "<=" => i64::from(left <= right),
            ">=" => i64::from(left >= right),
            "<" => i64::from(left < right),
            ">" => i64::from(left > right),
            "<<" => left.wrapping_shl(shift),
            ">>" => left.wrapping_shr(shift),
            "+" => left.wrapping_add(right),
            "-" => left.wrapping_sub(right),
            "*" => left.wrapping_mul(right),
            "/" | "%" if right == 0 && self.live => return Err(ExpandError::DivisionByZero),
            "/" => left.checked_div(right).unwrap_or(left),
            "%" => left.checked_rem(right).unwrap_or(0),
            "**" => power(left, right)?,
            _ => return Err(self.syntax()),
        })
    }

    fn unary(&mut self) -> Result<i64, ExpandError> {
        self.deeper(|this| {
            if this.rest().starts_with("++") || this.rest().starts_with("--") {
                return Err(ExpandError::Assignment);
            }
            if this.accept("-") {
                return Ok(this.unary()?.wrapping_neg());
            }
            if this.accept("+") {
                return this.unary();
            }
            if this.accept("!") {
                return Ok(i64::from(this.unary()? == 0));
            }
            if this.accept("~") {
                return Ok(!this.unary()?);
            }
            this.primary()
        })
    }

    fn primary(&mut self) -> Result<i64, ExpandError> {
        if self.accept("(") {
            let value = self.comma()?;
            return if self.accept(")") { Ok(value) } else { Err(self.syntax()) };
        }
        let end = self.rest().find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '#');
        let word = self.rest()[..end.unwrap_or(self.rest().len())].to_owned();
        if word.is_empty() {
            return Err(self.syntax());
        }
        self.at += word.len();
        self.blanks();
        if self.is_assignment() {
            return Err(ExpandError::Assignment);
        }
        if word.starts_with(|c: char| c.is_ascii_digit()) {
            return number(&word).ok_or_else(|| self.syntax());
        }
        if word.contains('#') {
            return Err(self.syntax());
        }
        Ok(self.variable(&word))
    }

    fn is_assignment(&self) -> bool {
        let rest = self.rest();
        let operators = ["+=", "-=", "*=", "/=", "%=", "<<=", ">>=", "&=", "^=", "|=", "++", "--"];
        (rest.starts_with('=') && !rest.starts_with("==")) || operators.iter().any(|o| rest.starts_with(o))
    }

    /// The number that a variable holds, directly or by the name of another; else zero.
    fn variable(&self, name: &str) -> i64 {
        let mut value = name.to_owned();
        for _ in 0..MAX_DEPTH {
            match (self.lookup)(&value) {
                Some(next) => value = next.trim().to_owned(),
                None => return 0,
            }
            if let Some(number) = signed_number(&value) {
                return number;
            }
        }
        0
    }
}

fn power(base: i64, exponent: i64) -> Result<i64, ExpandError> {
    let mut exponent = u64::try_from(exponent)
        .map_err(|_| ExpandError::Syntax { what: "a negative exponent", offset: 0 })?;
    let (mut base, mut result) = (base, 1_i64);
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = result.wrapping_mul(base);
        }
        base = base.wrapping_mul(base);
        exponent >>= 1;
    }
    Ok(result)
}

fn signed_number(text: &str) -> Option<i64> {
    match text.strip_prefix('-') {
        Some(rest) => number(rest).map(i64::wrapping_neg),
        None => number(text),
    }
}

/// `10`, `0x1f`, `017`, `2#101`.
fn number(text: &str) -> Option<i64> {
    if !text.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    if let Some((base, digits)) = text.split_once('#') {
        let base: u32 = base.parse().ok().filter(|base| (2..=36).contains(base))?;
        return i64::from_str_radix(digits, base).ok();
    }
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => i64::from_str_radix(digits, 16).ok(),
        None if text.len() > 1 && text.starts_with('0') => i64::from_str_radix(&text[1..], 8).ok(),
        None => text.parse().ok(),
    }
}
