/// A code of a database in a secrets engine's error. Codes are constants of standards and products, so they may be shown,
/// and say more than most texts; the text around them may quote statements, users and hosts, and is not.
struct DatabaseErrorCode: Equatable {
    /// What it means, with the code itself.
    let text: String

    /// Finds the first code in a text: `… (SQLSTATE 28P01)` of PostgreSQL and its kin, `Error 1045 (28000): …` of MySQL.
    init?(in text: String) {
        if let state = Self.word(after: "(SQLSTATE ", in: text) ?? Self.word(after: "SQLSTATE: ", in: text),
            Self.isState(state)
        {
            self.text = "\(Self.meaning(ofState: state)) (SQLSTATE \(state))"
        } else if let number = Self.word(after: "Error ", in: text), (4...5).contains(number.count),
            number.allSatisfy(\.isNumber), number.allSatisfy(\.isASCII)
        {
            self.text = "\(Self.meaning(ofMySQL: number)) (error \(number))"
        } else {
            return nil
        }
    }

    private static func isState(_ word: Substring) -> Bool {
        word.count == 5 && word.allSatisfy { $0.isASCII && ($0.isNumber || $0.isUppercase) }
    }

    private static func word(after beginning: String, in text: String) -> Substring? {
        for start in text.ranges(of: beginning) {
            let word = text[start.upperBound...].prefix { $0.isLetter || $0.isNumber }
            if !word.isEmpty { return word }
        }
        return nil
    }

    private static func meaning(ofState state: Substring) -> String {
        if let known = states[String(state)] { return known }
        return classes[String(state.prefix(2))] ?? "the database refuses it"
    }

    private static func meaning(ofMySQL number: Substring) -> String {
        mySQL[String(number)] ?? "the database refuses it"
    }

    /// By SQLSTATE, of PostgreSQL unless it is in the standard.
    private static let states = [
        "0LP01": "the database does not allow that grant",
        "25006": "the database is read-only",
        "28000": "the database does not let the user in",
        "28P01": "the database refuses the user's password",
        "2BP01": "other objects of the database depend on the user",
        "3D000": "there is no such database",
        "3F000": "there is no such schema",
        "42501": "the user of the connection lacks a right in the database",
        "42601": "the database finds a syntax error in the statements",
        "42704": "the database has no such user or object",
        "42710": "the database has such a user or object already",
        "42883": "the database has no such function",
        "42P01": "the database has no such table",
        "53300": "the database has too many connections",
        "55006": "an object of the database is in use",
        "57014": "the database cancelled the statement",
        "57P01": "the database is being shut down",
        "57P03": "the database cannot be connected to now",
    ]

    private static let classes = [
        "08": "the connection to the database failed",
        "22": "the database refuses a value in the statements",
        "23": "the statements break a rule of the database",
        "28": "the database does not let the user in",
        "40": "the database rolled the statements back",
        "42": "the database refuses the statements",
        "53": "the database is out of resources",
        "57": "the database was interrupted",
        "58": "the database has a system error",
        "XX": "the database has an internal error",
    ]

    private static let mySQL = [
        "1044": "the database does not let the user into that schema",
        "1045": "the database refuses the user or the password",
        "1049": "there is no such database",
        "1064": "the database finds a syntax error in the statements",
        "1133": "the database has no such user",
        "1141": "the database has no such grant",
        "1227": "the user of the connection lacks a right in the database",
        "1396": "the database refuses to create or drop the user",
        "1410": "the user of the connection may not grant that",
    ]
}
