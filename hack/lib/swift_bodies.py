"""Where bodies and values are in Swift source text: enough of the grammar for hack/mutate, not more."""
import re

LITERAL = re.compile(r'//|/\*|#*"""|#*"')
OPENING, CLOSING = "([{", ")]}"
TYPE = ("struct", "class", "enum", "extension", "protocol", "actor")
KEYWORD = re.compile(
    r"(?<![.`\w])(func|init|deinit|subscript|var|let|if|guard|else|for|while|repeat|do|catch|switch|case|defer|return"
    rf"|{'|'.join(TYPE)}|import)\b")
ACCESSOR = re.compile(
    r"(?:(?:mutating|nonmutating|borrowing|consuming) )?(get|set|willSet|didSet|_read|_modify)(?: +(?:async|throws))* *")
STATEMENT = re.compile(r"(?<![.`\w])(return|throw|let|var|guard|for|while|repeat|do|defer|func)\b")
CONTINUES = "=,.?:&|+-*/<>"


def masked(text):
    """The text with comments as blanks and string literals as quotation marks: each bracket in it is one of the code."""
    pieces, place = [], 0
    while found := LITERAL.search(text, place):
        end = literal_end(text, found)
        filler = " " if found.group().startswith("/") else '"'
        pieces += [text[place : found.start()], re.sub(r"[^\n]", filler, text[found.start() : end])]
        place = end
    return "".join(pieces) + text[place:]


def literal_end(text, found):
    opening, place = found.group(), found.end()
    if opening == "//":
        end = text.find("\n", place)
        return len(text) if end < 0 else end
    if opening == "/*":
        return closing_end(text, place, re.compile(r"/\*|\*/"), "/*", "*/")
    quote, hashes = opening.strip("#"), "#" * opening.count("#")
    token = re.compile(rf"{quote}{hashes}|\\{hashes}(.)", re.DOTALL)
    while found := token.search(text, place):
        place = found.end()
        if not found.group(1):
            return place
        if found.group(1) == "(":
            place = closing_end(text, place, re.compile(rf"[()]|{LITERAL.pattern}"), "(", ")")
    return len(text)


def closing_end(text, place, token, opening, closing):
    """Behind what closes a bracket that is open at this place."""
    depth = 1
    while depth and (found := token.search(text, place)):
        place = found.end()
        if found.group() == opening:
            depth += 1
        elif found.group() == closing:
            depth -= 1
        else:
            place = literal_end(text, found)
    return place if not depth else len(text)


def is_balanced(text):
    expected = []
    for character in masked(text):
        if character in OPENING:
            expected.append(CLOSING[OPENING.index(character)])
        elif character in CLOSING and (not expected or expected.pop() != character):
            return False
    return not expected


def open_brackets(code, place):
    """The places of the brackets that are open at a place of masked text, from the outermost on."""
    opened = []
    for index, character in enumerate(code[:place]):
        if character in OPENING:
            opened.append(index)
        elif character in CLOSING:
            opened.pop()
    return opened


def level_end(code, place, stops=""):
    """Where the bracket closes that is open at this place, or one of these characters is before, in no further bracket."""
    depth = 0
    for index in range(place, len(code)):
        character = code[index]
        if character in CLOSING and not depth or character in stops and not depth and not continues(code, place, index):
            return index
        depth += (character in OPENING) - (character in CLOSING)
    return len(code)


def continues(code, start, newline):
    """Whether an expression goes on behind the end of a line."""
    before, behind = code[start:newline].rstrip(), code[newline:].lstrip()
    return code[newline] == "\n" and (not before or before[-1] in CONTINUES or behind[:1] in tuple(CONTINUES))


def flat(code):
    """The code with blanks for what is in brackets that close, and for what is before a bracket that opened earlier."""
    kept, opened = list(code), []
    for index, character in enumerate(code):
        if character in OPENING:
            opened.append(index)
        elif character in CLOSING:
            first = opened.pop() if opened else 0
            kept[first : index + 1] = " " * (index + 1 - first)
    return "".join(kept)


def header(code, brace):
    """What is before a brace, up to what that goes on from, with its last keyword and what follows that."""
    depth, start = 0, brace
    while start and (depth or code[start - 1] not in OPENING + "};"):
        start -= 1
        depth += (code[start] in CLOSING) - (code[start] in OPENING)
    text = flat(code[start:brace])
    keywords = list(KEYWORD.finditer(text))
    return (text, keywords[-1].group(1), text[keywords[-1].end() :].strip()) if keywords else (text, None, "")


def body_kind(code, brace):
    """What the brace opens: a body that has to return something ("value"), one that has not ("void"), or neither of them."""
    text, keyword, rest = header(code, brace)
    if accessor := ACCESSOR.fullmatch(text.strip().rsplit("\n", 1)[-1].strip()):
        return "value" if accessor.group(1) == "get" else "void"
    if keyword == "func":
        return "value" if re.search(r"->(?!\s*Void\b)", rest) else "void"
    if keyword == "var":
        return "value" if ":" in rest and "=" not in rest and "\n" not in rest else None
    return {"init": "void", "deinit": "void", "subscript": "value"}.get(keyword)


def enclosing_body(code, start, end):
    """The innermost body around a part of masked text: where it begins and ends, and its kind."""
    for bracket in reversed(open_brackets(code, start)):
        kind = body_kind(code, bracket) if code[bracket] == "{" else None
        if kind:
            close = level_end(code, bracket + 1)
            # Accessors are no statements.
            first = re.match(r"[\s\w]*", code[bracket + 1 :]).group().strip()
            return (bracket + 1, close, kind) if end <= close and not ACCESSOR.fullmatch(first) else None
    return None


def enclosing_value(code, start, end):
    """The initial value of a property, or the default of a parameter, around a part of masked text."""
    opened, edge = open_brackets(code, start), start
    for bracket in [*reversed(opened), -1]:
        before = flat(code[bracket + 1 : edge])
        if bracket >= 0 and code[bracket] == "(":
            first, stops = before.rfind(",") + 1, ","
        else:
            keywords = list(KEYWORD.finditer(before))
            first = keywords[-1].end() if keywords and keywords[-1].group(1) in ("let", "var") else len(before)
            stops = "\n"
        if equals := list(re.finditer(r"(?<![=!<>+\-*/&|])=(?!=)\s*", before[first:])):
            begin = bracket + 1 + first + equals[-1].end()
            close = begin + len(code[begin : level_end(code, begin, stops)].rstrip())
            return (begin, close) if end <= close else None
        if bracket >= 0 and code[bracket] == "{" and header(code, bracket)[1] in TYPE:
            return None
        edge = max(bracket, 0)
    return None


def is_expression(body):
    """Whether a body is one expression, whose value it returns."""
    code = masked(body)
    outside = flat(code)
    if re.match(r"\s*(if|switch)\b", code):
        return not re.search(r"\breturn\b", code)
    return bool(code.strip()) and not STATEMENT.search(outside) and not re.search(r"(?<![.`\w])(if|switch)\b", outside)
