/// A pattern of a boundary with placeholders, such as `secret/data/{namespace}/*`.
struct BoundaryTemplate: Equatable, Sendable {
    /// What boundaries may say; all of it stands for literal text without slashes.
    enum Placeholder: String, CaseIterable {
        case namespace, name, serviceAccount, cluster, trustDomain
    }

    enum Part: Equatable {
        case literal(String)
        case placeholder(Placeholder)
    }

    /// As it was written.
    let text: String
    let parts: [Part]

    /// Takes a pattern apart into literal text and placeholders.
    ///
    /// - Throws: `TemplateError` for a stray brace, an unknown placeholder, or a `*` that would let a name reach all
    ///   names which merely begin with it.
    init(_ text: String) throws(TemplateError) {
        self.text = text
        var parts: [Part] = []
        var rest = Substring(text)
        while let brace = rest.firstIndex(where: { $0 == "{" || $0 == "}" }) {
            guard rest[brace] == "{", let close = rest[brace...].firstIndex(of: "}") else {
                throw TemplateError("has an unbalanced brace")
            }
            if brace > rest.startIndex { parts.append(.literal(String(rest[..<brace]))) }
            let name = rest[rest.index(after: brace)..<close]
            guard let placeholder = Placeholder(rawValue: String(name)) else {
                let known = Placeholder.allCases.map { "{\($0.rawValue)}" }.joined(separator: ", ")
                throw TemplateError("has the unknown placeholder \(Excerpt.quoting("{\(name)}")); known are \(known)")
            }
            parts.append(.placeholder(placeholder))
            rest = rest[rest.index(after: close)...]
        }
        if text.hasSuffix("*"), !parts.isEmpty, !rest.contains(where: { $0 == "/" || $0 == "." }) {
            throw TemplateError("must have / or . between a placeholder and *, or it would reach other names as well")
        }
        if !rest.isEmpty { parts.append(.literal(String(rest))) }
        self.parts = parts
    }

    /// What stands for the placeholders.
    struct Values: Equatable, Sendable {
        var namespace: String
        var name: String
        /// All that must be allowed at once; nil when it is not known who it is.
        var serviceAccounts: [String]?
        var cluster: String
        var trustDomain: String

        /// Whether no value has a character that no name may bring in.
        var arePlain: Bool {
            [namespace, name, cluster, trustDomain].allSatisfy(BoundaryTemplate.isPlain)
                && (serviceAccounts ?? []).allSatisfy(BoundaryTemplate.isPlain)
        }
    }

    /// Whether nothing of a single object is in it, so that it becomes one pattern in a namespace.
    var isOfNamespace: Bool {
        !parts.contains(.placeholder(.name)) && !parts.contains(.placeholder(.serviceAccount))
    }

    /// The patterns that it becomes, of which each must allow what is asked for: one, or one for each ServiceAccount.
    ///
    /// While the ServiceAccounts are not known, their segments are taken as wildcards: nothing is held against a
    /// resource that may be allowed.
    ///
    /// - Returns: nil when a value has a character that no name may bring in; then it allows nothing.
    func patterns(_ values: Values) -> [String]? {
        guard values.arePlain else { return nil }
        guard parts.contains(.placeholder(.serviceAccount)) else { return [rendered(values, serviceAccount: "")] }
        guard let accounts = values.serviceAccounts else {
            return [loosened(rendered(values, serviceAccount: Self.unknown))]
        }
        return accounts.isEmpty ? nil : accounts.map { rendered(values, serviceAccount: $0) }
    }

    /// The patterns that it becomes, as long as no name of a tenant makes it one of mounts or of what is below: a namespace can
    /// be called like one that all share.
    ///
    /// - Returns: nil where it allows nothing.
    func patterns(_ values: Values, sparing mounts: [String]) -> [String]? {
        guard let patterns = patterns(values) else { return nil }
        var anybody = values
        (anybody.namespace, anybody.name) = (Self.unknown, Self.unknown)
        let said = rendered(anybody, serviceAccount: Self.unknown)
        let isTaken = mounts.contains { mount in
            !Self.isWithin(mount, said) && patterns.contains { Self.isWithin(mount, $0) }
        }
        return isTaken ? nil : patterns
    }

    private static func isWithin(_ mount: String, _ pattern: String) -> Bool {
        pattern.hasSameBytes(as: mount) || pattern.utf8.starts(with: "\(mount)/".utf8)
    }

    private func rendered(_ values: Values, serviceAccount: String) -> String {
        parts.reduce(into: "") { result, part in
            switch part {
            case .literal(let text): result += text
            case .placeholder(.namespace): result += values.namespace
            case .placeholder(.name): result += values.name
            case .placeholder(.serviceAccount): result += serviceAccount
            case .placeholder(.cluster): result += values.cluster
            case .placeholder(.trustDomain): result += values.trustDomain
            }
        }
    }

    /// Stands for a ServiceAccount that is not known; in no name.
    private static let unknown = "\u{1}"

    private func loosened(_ pattern: String) -> String {
        let segments = pattern.split(separator: "/", omittingEmptySubsequences: false)
        return segments.enumerated().map { index, segment in
            guard segment.contains(Self.unknown) else { return String(segment) }
            return index == segments.count - 1 && segment.hasSuffix("*") ? "*" : "+"
        }.joined(separator: "/")
    }

    /// Names of Kubernetes have nothing else; checked again, since a wildcard here would be a way out.
    private static func isPlain(_ value: String) -> Bool {
        !value.isEmpty
            && value.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
                    UInt8(ascii: "."), UInt8(ascii: "_"):
                    true
                default: false
                }
            } && value != "." && value != ".."
    }
}
