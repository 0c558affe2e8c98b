/// What one path pattern of a policy allows.
package struct PolicyRule: Equatable, Sendable {
    /// The path pattern, without leading slash.
    package var path: String
    /// What may be done there. Empty grants nothing, and unlike `deny` takes nothing away from other policies.
    package var capabilities: Set<Capability>
    /// Parameters that may be given, by name; an empty list allows any value. All parameters when empty.
    package var allowedParameters: [String: [String]]
    /// Parameters that must not be given, by name; an empty list forbids any value.
    package var deniedParameters: [String: [String]]
    /// Parameters that must be given.
    package var requiredParameters: Set<String>
    /// Least lifetime of a wrapped response, in seconds.
    package var minWrappingTTL: Int?
    /// Greatest lifetime of a wrapped response, in seconds.
    package var maxWrappingTTL: Int?

    /// A rule without limits on parameters and wrapping, where none are given.
    package init(
        path: String, capabilities: Set<Capability>, allowedParameters: [String: [String]] = [:],
        deniedParameters: [String: [String]] = [:], requiredParameters: Set<String> = [], minWrappingTTL: Int? = nil,
        maxWrappingTTL: Int? = nil
    ) {
        self.path = path
        self.capabilities = capabilities
        self.allowedParameters = allowedParameters
        self.deniedParameters = deniedParameters
        self.requiredParameters = requiredParameters
        self.minWrappingTTL = minWrappingTTL
        self.maxWrappingTTL = maxWrappingTTL
    }
}

extension PolicyRule {
    /// The same rule in the form in which rules are compared: `deny` alone, names of parameters in lower case (as
    /// the server folds them), values sorted and once each, a wrapping lifetime of zero as none.
    var canonical: PolicyRule {
        PolicyRule(
            path: path, capabilities: capabilities.contains(.deny) ? [.deny] : capabilities,
            allowedParameters: Self.canonical(allowedParameters), deniedParameters: Self.canonical(deniedParameters),
            requiredParameters: Set(requiredParameters.map { $0.lowercased() }),
            minWrappingTTL: minWrappingTTL == 0 ? nil : minWrappingTTL,
            maxWrappingTTL: maxWrappingTTL == 0 ? nil : maxWrappingTTL)
    }

    /// Whether both rules put the same conditions on requests.
    func hasSameConditions(as other: PolicyRule) -> Bool {
        allowedParameters == other.allowedParameters && deniedParameters == other.deniedParameters
            && requiredParameters == other.requiredParameters && minWrappingTTL == other.minWrappingTTL
            && maxWrappingTTL == other.maxWrappingTTL
    }

    /// This canonical rule and another of the same path as one, as the server merges stanzas: capabilities add up
    /// and `deny` wins, parameters add up and "any value" wins, wrapping lifetimes take the wider bound.
    func merged(with other: PolicyRule) -> PolicyRule {
        PolicyRule(
            path: path, capabilities: capabilities.union(other.capabilities),
            allowedParameters: Self.merged(allowedParameters, other.allowedParameters),
            deniedParameters: Self.merged(deniedParameters, other.deniedParameters),
            requiredParameters: requiredParameters.union(other.requiredParameters),
            minWrappingTTL: [minWrappingTTL, other.minWrappingTTL].compactMap { $0 }.min(),
            maxWrappingTTL: [maxWrappingTTL, other.maxWrappingTTL].compactMap { $0 }.max()
        ).canonical
    }

    private static func canonical(_ parameters: [String: [String]]) -> [String: [String]] {
        let folded = parameters.map { ($0.key.lowercased(), Set($0.value).sorted()) }
        return Dictionary(folded, uniquingKeysWith: Self.merged)
    }

    private static func merged(_ left: [String: [String]], _ right: [String: [String]]) -> [String: [String]] {
        left.merging(right, uniquingKeysWith: Self.merged)
    }

    private static func merged(_ left: [String], _ right: [String]) -> [String] {
        left.isEmpty || right.isEmpty ? [] : Set(left + right).sorted()
    }
}

/// A capability of a policy rule. The order of the cases is the order in which policy text lists them.
package enum Capability: String, CaseIterable, Hashable, Sendable {
    case create, read, update, patch, delete, list
    /// Voids every other capability of the same path.
    case deny
    /// Known so that policies that hold it can be compared; never granted.
    case sudo
    /// Recursive listing; OpenBao only.
    case scan
    /// Event notifications; Vault only.
    case subscribe
    /// Recovery from a snapshot; Vault only.
    case recover
}

extension Set<Capability> {
    /// The names in canonical order.
    package var names: [String] { Capability.allCases.filter(contains).map(\.rawValue) }
}
