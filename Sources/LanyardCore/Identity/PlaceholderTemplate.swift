package import LanyardAPI

/// A text with placeholders from a closed set (DESIGN §2.1).
package struct PlaceholderTemplate: Equatable, Sendable {
    private enum Part: Equatable {
        case literal(String)
        case placeholder(Placeholder)
    }

    private enum Placeholder: String {
        case namespace, name, serviceAccount, cluster, trustDomain
    }

    private let parts: [Part]

    /// Parses a template.
    ///
    /// - Throws: `TemplateError` for an unknown placeholder or a brace without its counterpart.
    package init(_ text: String) throws(TemplateError) {
        var parts: [Part] = []
        var rest = Substring(text)
        while let brace = rest.firstIndex(where: { $0 == "{" || $0 == "}" }) {
            guard rest[brace] == "{", let close = rest[brace...].firstIndex(of: "}") else {
                throw TemplateError("has an unbalanced brace")
            }
            if brace > rest.startIndex { parts.append(.literal(String(rest[..<brace]))) }
            parts.append(.placeholder(try Self.placeholder(rest[rest.index(after: brace)..<close])))
            rest = rest[rest.index(after: close)...]
        }
        if !rest.isEmpty { parts.append(.literal(String(rest))) }
        self.parts = parts
    }

    /// The text with all placeholders replaced.
    package func rendered(with values: Values) -> String {
        parts.reduce(into: "") { result, part in
            switch part {
            case .literal(let text): result += text
            case .placeholder(.namespace): result += values.namespace
            case .placeholder(.name): result += values.name
            case .placeholder(.serviceAccount): result += values.serviceAccount
            case .placeholder(.cluster): result += values.cluster
            case .placeholder(.trustDomain): result += values.trustDomain.name
            }
        }
    }

    /// The SPIFFE ID that a path, or a full `spiffe://` ID, becomes.
    ///
    /// - Throws: `TemplateError` when it is no SPIFFE ID, of another trust domain, without path, or reserved.
    package func spiffeID(with values: Values) throws(TemplateError) -> SPIFFEID {
        let text = rendered(with: values)
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
        guard !id.isReserved else { throw TemplateError("must not be under /spire, which SPIRE keeps for itself") }
        return id
    }

    private static func placeholder(_ name: Substring) throws(TemplateError) -> Placeholder {
        if let known = Placeholder(rawValue: String(name)) { return known }
        if name == "node" || name == "pod" || name.hasPrefix("podLabel:") {
            throw TemplateError(
                "has {node}, {pod} or {podLabel:…}, which need placement Node or Pod: not supported yet")
        }
        throw TemplateError(
            "has the unknown placeholder \(Excerpt.quoting("{\(name)}")); known are {namespace}, {name}, "
                + "{serviceAccount}, {cluster} and {trustDomain}")
    }

    /// What the placeholders stand for.
    package struct Values: Equatable, Sendable {
        /// The object's namespace.
        package var namespace: String
        /// The object's name.
        package var name: String
        /// The ServiceAccount's name.
        package var serviceAccount: String
        /// The configured name of the cluster.
        package var cluster: String
        /// The configured trust domain.
        package var trustDomain: TrustDomain

        /// Gathers values.
        package init(
            namespace: String, name: String, serviceAccount: String, cluster: String, trustDomain: TrustDomain
        ) {
            self.namespace = namespace
            self.name = name
            self.serviceAccount = serviceAccount
            self.cluster = cluster
            self.trustDomain = trustDomain
        }
    }
}

/// What is wrong with a template; the text completes a sentence that begins with the field's name.
package struct TemplateError: Error, Equatable, CustomStringConvertible {
    /// What is wrong, after the field's name: `has an unbalanced brace`.
    package let description: String

    /// Says what is wrong.
    package init(_ description: String) {
        self.description = description
    }
}
