package import LanyardAPI

/// A text with placeholders from a closed set (rule spec-1).
package struct PlaceholderTemplate: Hashable, Sendable {
    private enum Part: Hashable {
        case literal(String)
        case placeholder(Placeholder)
    }

    /// What can stand in braces.
    package enum Placeholder: Hashable, Sendable {
        case namespace, name, serviceAccount, cluster, trustDomain, node, nodeUID, pod
        case podLabel(String)
    }

    private let parts: [Part]

    /// Takes a template apart into literal text and placeholders.
    ///
    /// - Parameter vocabulary: which placeholders there are.
    /// - Throws: `TemplateError` for an unknown placeholder or a brace without its counterpart.
    package init(_ text: String, _ vocabulary: TemplateVocabulary = .cluster) throws(TemplateError) {
        var parts: [Part] = []
        var rest = Substring(text)
        while let brace = rest.firstIndex(where: { $0 == "{" || $0 == "}" }) {
            guard rest[brace] == "{", let close = rest[brace...].firstIndex(of: "}") else {
                throw TemplateError("has an unbalanced brace")
            }
            if brace > rest.startIndex { parts.append(.literal(String(rest[..<brace]))) }
            parts.append(.placeholder(try vocabulary.placeholder(rest[rest.index(after: brace)..<close])))
            rest = rest[rest.index(after: close)...]
        }
        if !rest.isEmpty { parts.append(.literal(String(rest))) }
        self.parts = parts
    }

    private init(parts: [Part]) { self.parts = parts }

    /// The template of the agents' SPIFFE IDs that `k8s_psat` gives them.
    package static let defaultAgentID = PlaceholderTemplate(parts: [
        .literal("/spire/agent/k8s_psat/"), .placeholder(.cluster), .literal("/"), .placeholder(.nodeUID),
    ])

    /// The placeholders that occur.
    package var placeholders: Set<Placeholder> {
        Set(
            parts.compactMap { part in
                if case .placeholder(let placeholder) = part { placeholder } else { nil }
            })
    }

    /// Whether different nodes or pods make different texts of it.
    package var dependsOnPlacement: Bool {
        parts.contains { part in
            switch part {
            case .placeholder(.node), .placeholder(.nodeUID), .placeholder(.pod), .placeholder(.podLabel): true
            case .literal, .placeholder(.namespace), .placeholder(.name), .placeholder(.serviceAccount),
                .placeholder(.cluster), .placeholder(.trustDomain):
                false
            }
        }
    }

    /// The text with all placeholders replaced.
    ///
    /// - Throws: `TemplateError` when something that a placeholder stands for is not there.
    package func rendered(with values: TemplateValues) throws(TemplateError) -> String {
        var result = ""
        for part in parts {
            switch part {
            case .literal(let text): result += text
            case .placeholder(let placeholder): result += try values.value(of: placeholder)
            }
        }
        return result
    }

    /// The SPIFFE ID that a path, or a full `spiffe://` ID, becomes.
    ///
    /// - Throws: `TemplateError` when it is no SPIFFE ID, of another trust domain, without path, or reserved.
    package func spiffeID(with values: TemplateValues) throws(TemplateError) -> SPIFFEID {
        let id = try memberID(with: values)
        guard !id.isReserved else { throw TemplateError("must not be under /spire, which SPIRE keeps for itself") }
        return id
    }

    /// The SPIFFE ID that a path, or a full `spiffe://` ID, becomes; SPIRE's own ones, such as those of agents, included.
    ///
    /// - Throws: `TemplateError` when it is no SPIFFE ID, of another trust domain, or without path.
    package func memberID(with values: TemplateValues) throws(TemplateError) -> SPIFFEID {
        let text = try rendered(with: values)
        let id: SPIFFEID
        do {
            id = text.hasPrefix("/") ? try SPIFFEID(trustDomain: values.trustDomain, path: text) : try SPIFFEID(text)
        } catch .noScheme {
            throw TemplateError("must be a path that starts with / or a full spiffe:// ID")
        } catch {
            throw TemplateError(error.description)
        }
        guard id.trustDomain == values.trustDomain else {
            throw TemplateError("must be in the trust domain \(values.trustDomain)")
        }
        guard !id.path.isEmpty else { throw TemplateError("must have a path") }
        return id
    }
}

/// What is wrong with a template; the text completes a sentence that begins with the field's name.
package struct TemplateError: Error, Equatable, CustomStringConvertible {
    /// What is wrong, after the field's name: `has an unbalanced brace`.
    package let description: String

    /// The SPIFFE ID is the operator's own.
    static let reservedID = TemplateError("must not be the SPIFFE ID of the operator")

    /// Says what is wrong.
    package init(_ description: String) {
        self.description = description
    }
}
