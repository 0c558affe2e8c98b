/// Lines of a markdown table.
enum Table {
    static func row(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |" }

    /// The head and the line below it.
    static func head(_ cells: [String]) -> String {
        row(cells) + "\n|" + String(repeating: "---|", count: cells.count)
    }

    static func oneDecimal(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(abs(tenths % 10))"
    }
}
