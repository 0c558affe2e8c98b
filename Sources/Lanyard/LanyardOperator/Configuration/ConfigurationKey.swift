/// One value of the operator's configuration: its name in the file, and all that people need to know to set it.
///
/// Parsing, `config check` and the reference documentation are all made from these.
struct ConfigurationKey: Hashable, Sendable {
    /// Path in the file, joined with dots: `reconcile.resyncInterval`.
    let name: String
    let kind: Kind
    let presence: Presence
    /// What it means, and which values are right.
    let help: String

    /// How a value is written.
    enum Kind: String, Sendable {
        case text
        case list = "list of texts"
        case number
        case flag = "true or false"
        case duration
    }

    /// Whether a value has to be given.
    enum Presence: Hashable, Sendable {
        case required
        case optional
        /// Used when nothing is given.
        case defaultsTo(String)
    }

    /// Describes a key whose value is a text.
    init(_ name: String, _ presence: Presence, _ help: String) {
        self.init(name, .text, presence, help)
    }

    init(_ name: String, _ kind: Kind, _ presence: Presence, _ help: String) {
        self.name = name
        self.kind = kind
        self.presence = presence
        self.help = help
    }

    /// The value when nothing is given, if there is one.
    var defaultText: String? {
        if case .defaultsTo(let text) = presence { text } else { nil }
    }

    /// The environment variable that overrides the file: `LANYARD_RECONCILE_RESYNC_INTERVAL`.
    var environmentVariable: String {
        words.map { $0.uppercased() }.joined(separator: "_")
    }

    /// The words of the name, which configuration providers join in their own way.
    var words: [String] {
        ["lanyard"] + name.split(separator: ".").flatMap(Self.words)
    }

    /// `agentIDTemplate` is `agent`, `id`, `template`: a word begins at a capital after a small letter, and at the
    /// last of several capitals if a small letter follows.
    private static func words(of component: Substring) -> [String] {
        var words: [String] = []
        var previous: Character?
        for index in component.indices {
            let character = component[index]
            let next = component.index(after: index)
            let nextIsSmall = next < component.endIndex && component[next].isLowercase
            let begins = character.isUppercase && (previous?.isUppercase != true || nextIsSmall)
            if begins || words.isEmpty { words.append("") }
            words[words.count - 1].append(contentsOf: character.lowercased())
            previous = character
        }
        return words
    }
}
