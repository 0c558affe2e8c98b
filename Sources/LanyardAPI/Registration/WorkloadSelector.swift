/// One selector of a registration entry or an agent, written `type:value`.
package struct WorkloadSelector: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The attestor, such as `k8s`; not empty, without colon.
    package let type: String
    /// What the attestor must have found; not empty, colons allowed.
    package let value: String

    /// Checks and makes a selector; nil when the type is empty or has a colon, or the value is empty.
    package init?(type: String, value: String) {
        guard !type.isEmpty, !type.contains(":"), !value.isEmpty else { return nil }
        self.type = type
        self.value = value
    }

    /// Parses `type:value`; nil when it is not of that form.
    package init?(_ text: String) {
        guard let colon = text.firstIndex(of: ":") else { return nil }
        self.init(type: String(text[..<colon]), value: String(text[text.index(after: colon)...]))
    }

    /// `type:value`.
    package var description: String { "\(type):\(value)" }

    /// Orders by type, then value.
    package static func < (left: WorkloadSelector, right: WorkloadSelector) -> Bool {
        (left.type, left.value) < (right.type, right.value)
    }
}
