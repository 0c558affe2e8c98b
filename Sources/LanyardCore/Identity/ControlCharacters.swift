/// Characters that no name, selector or hint needs, and that databases and terminals trip over.
enum ControlCharacters {
    /// Whether a text has one, NUL included.
    static func occur(in text: String) -> Bool {
        text.unicodeScalars.contains { $0.properties.generalCategory == .control }
    }
}
