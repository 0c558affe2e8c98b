import LanyardAPI

/// Collects the rules of a policy entry by entry, and what is wrong with the entries.
struct AccessRuleCollector {
    /// The longest list within one entry, such as permissions or the values of a parameter.
    static let maximumListLength = 64
    /// The longest parameter name or value, in bytes.
    static let maximumParameterLength = 512

    /// The rules of entries of `spec.access` so far, one for each entry and path.
    private(set) var rules: [PolicyRule] = []
    /// The rules for credentials of database roles so far.
    private(set) var credentialRules: [PolicyRule] = []
    /// What is wrong so far, in the order of the spec.
    private(set) var violations: [SpecViolation] = []
    /// What the entries of `spec.access` ask for at each path, with the field that named the path first: whatever is wrong with
    /// them beside that. `deny` asks for nothing.
    private(set) var asked: [(rule: PolicyRule, field: String)] = []
    private var askedIndex: [String: Int] = [:]
    /// The first rule of each path, whose conditions all others of that path must have.
    private var firstByPath: [String: PolicyRule] = [:]

    /// Records what is wrong with a field.
    mutating func violate(_ field: String, _ message: String) {
        violations.append(SpecViolation(kind: .invalid, field: field, message: message))
    }

    /// Adds access to secrets.
    mutating func add(_ entry: KVAccess, field: String, mounts: MountNames) {
        let version = entry.version ?? 2
        let isVersionKnown = version == 1 || version == 2
        if !isVersionKnown { violate("\(field).version", "must be 1 or 2") }
        // All that is wrong is said at once.
        let mount = mount(entry.mount ?? mounts.kv, field: field)
        let permissions = choices(KVPermission.self, entry.permissions, field: "\(field).permissions")
        let path = entry.path
        let pathViolation = Self.violation(inKVPath: path)
        if let pathViolation { violate("\(field).path", pathViolation) }
        guard let mount, let permissions, isVersionKnown, pathViolation == nil else { return }
        // One rule for each path, however many permissions lead to it.
        var rules: [PolicyRule] = []
        for (index, permission) in permissions {
            let granted: (prefix: String, capabilities: Set<Capability>)? =
                version == 2 ? permission.version2 : permission.version1.map { ("", $0) }
            guard let (prefix, capabilities) = granted else {
                violate("\(field).permissions[\(index)]", "needs an engine of version 2")
                continue
            }
            let path = "\(mount)/\(prefix)\(path)"
            if let known = rules.firstIndex(where: { $0.path == path }) {
                rules[known].capabilities.formUnion(capabilities)
            } else {
                rules.append(PolicyRule(path: path, capabilities: capabilities))
            }
        }
        for rule in rules { add(rule, field: "\(field).path") }
    }

    private static func violation(inKVPath path: String) -> String? {
        let stem = path.hasSuffix("/*") ? String(path.dropLast(2)) : path
        guard !stem.isEmpty, !stem.hasPrefix("/"), !stem.hasSuffix("/"),
            !stem.utf8.contains(UInt8(ascii: "*")), !stem.utf8.contains(UInt8(ascii: "+"))
        else {
            return "must be a path such as \"app/config\" or end in \"/*\" such as \"app/*\""
        }
        // Below whatever mount.
        return VaultPathRule.violation(inPolicyPath: "kv/\(path)")
    }

    /// Adds access to a PKI role.
    mutating func add(_ entry: PKIAccess, field: String, mounts: MountNames) {
        let mount = mount(entry.mount ?? mounts.pki, field: field)
        let role = reference(entry.role, field: "\(field).role")
        let operations = choices(PKIOperation.self, entry.operations, field: "\(field).operations")
        guard let mount, let role, let operations else { return }
        for (_, operation) in operations {
            let path = "\(mount)/\(operation.prefix)\(role)"
            add(PolicyRule(path: path, capabilities: [.create, .update]), field: "\(field).role")
        }
    }

    /// Adds access to a transit key. `update` alone: with `create`, encrypting would make a key that is not there.
    mutating func add(_ entry: TransitAccess, field: String, mounts: MountNames) {
        let mount = mount(entry.mount ?? mounts.transit, field: field)
        let key = reference(entry.key, field: "\(field).key")
        let operations = choices(TransitOperation.self, entry.operations, field: "\(field).operations")
        guard let mount, let key, let operations else { return }
        for (_, operation) in operations {
            let path = "\(mount)/\(operation.prefix)\(key)"
            add(PolicyRule(path: path, capabilities: [.update]), field: "\(field).key")
        }
    }

    /// Adds the right to read the credentials of a database role, whose mount and name were checked.
    mutating func addCredentials(at path: String, field: String) {
        add(.credentials(at: path), field: field, to: \.credentialRules)
    }

    /// Adds a structured rule.
    mutating func add(_ rule: AccessRule, field: String) {
        let before = violations.count
        let result = PolicyRule(
            path: rule.path, capabilities: capabilities(rule.capabilities, field: "\(field).capabilities"),
            allowedParameters: parameters(rule.allowedParameters, field: "\(field).allowedParameters"),
            deniedParameters: parameters(rule.deniedParameters, field: "\(field).deniedParameters"),
            requiredParameters: Set(texts(rule.requiredParameters, field: "\(field).requiredParameters")),
            minWrappingTTL: seconds(rule.minWrappingTTL, field: "\(field).minWrappingTTL"),
            maxWrappingTTL: seconds(rule.maxWrappingTTL, field: "\(field).maxWrappingTTL"))
        if let least = result.minWrappingTTL, let greatest = result.maxWrappingTTL, greatest < least {
            violate("\(field).maxWrappingTTL", "must not be less than minWrappingTTL")
        }
        if violations.count == before {
            add(result, field: "\(field).path")
        } else if let violation = VaultPathRule.violation(inPolicyPath: rule.path) {
            violate("\(field).path", violation)
        }
    }

    private mutating func add(
        _ rule: PolicyRule, field: String, to list: WritableKeyPath<Self, [PolicyRule]> = \.rules
    ) {
        if let violation = VaultPathRule.violation(inPolicyPath: rule.path) { return violate(field, violation) }
        let rule = rule.canonical
        if list == \.rules { ask(rule, field: field) }
        // What conditions mean together with other rules of the path is the server's choice: it is not left to it.
        guard firstByPath[rule.path, default: rule].hasSameConditions(as: rule) else {
            return violate(field, "must not name a path that another entry names with other parameters")
        }
        firstByPath[rule.path] = firstByPath[rule.path] ?? rule
        self[keyPath: list].append(rule)
    }

    private mutating func ask(_ rule: PolicyRule, field: String) {
        guard !rule.capabilities.contains(.deny) else { return }
        if let index = askedIndex[rule.path] {
            asked[index].rule.capabilities.formUnion(rule.capabilities)
        } else {
            askedIndex[rule.path] = asked.count
            asked.append((PolicyRule(path: rule.path, capabilities: rule.capabilities), field))
        }
    }

    private mutating func mount(_ mount: String, field: String) -> String? {
        guard let violation = VaultName.violation(inMount: mount) else { return mount }
        violate("\(field).mount", violation)
        return nil
    }

    private mutating func reference(_ name: String, field: String) -> String? {
        guard let violation = VaultName.violation(inReference: name) else { return name }
        violate(field, violation)
        return nil
    }

    /// The choices of a closed set with their indices; nil when one of them is wrong.
    private mutating func choices<Choice>(
        _ type: Choice.Type, _ names: [String], field: String
    ) -> [(Int, Choice)]? where Choice: CaseIterable & RawRepresentable<String> {
        guard (1...Self.maximumListLength).contains(names.count) else {
            violate(field, "must have 1 to \(Self.maximumListLength) entries")
            return nil
        }
        var choices: [(Int, Choice)] = []
        var seen: Set<String> = []
        var isRight = true
        for (index, name) in names.enumerated() {
            // The schema lets nothing be said twice; what was stored before it did so means what it says once.
            guard seen.insert(name).inserted else { continue }
            if let choice = Choice(rawValue: name) {
                choices.append((index, choice))
            } else {
                isRight = false
                let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
                violate("\(field)[\(index)]", "must be one of \(known)")
            }
        }
        return isRight ? choices : nil
    }

    private mutating func capabilities(_ names: [String], field: String) -> Set<Capability> {
        let chosen = choices(Capability.self, names, field: field) ?? []
        for (index, capability) in chosen where capability == .sudo {
            violate("\(field)[\(index)]", "must not be sudo, which no binding can have")
        }
        return Set(chosen.map(\.1))
    }

    private mutating func parameters(_ parameters: [String: [String]]?, field: String) -> [String: [String]] {
        guard let parameters else { return [:] }
        _ = texts(parameters.keys.sorted(), field: field)
        var folded: Set<String> = []
        for (key, values) in parameters.sorted(by: { $0.key < $1.key }) {
            _ = texts(values, field: "\(field).\(FieldDifference.display(key))")
            if !folded.insert(key.lowercased()).inserted {
                violate(field, "must not have names that differ in case only, as the server folds them")
            }
        }
        return parameters
    }

    private mutating func texts(_ texts: [String]?, field: String) -> [String] {
        guard let texts else { return [] }
        if texts.count > Self.maximumListLength {
            violate(field, "must not have more than \(Self.maximumListLength) entries")
        } else if let wrong = texts.compactMap(Self.violation(inText:)).first {
            violate(field, wrong)
        }
        return texts
    }

    private static func violation(inText text: String) -> String? {
        guard text.utf8.count <= maximumParameterLength else {
            return "must not have an entry longer than \(maximumParameterLength) bytes"
        }
        guard text.isPrintableASCII else { return "must consist of printable ASCII characters" }
        let (dollar, open, close) = (UInt8(ascii: "$"), UInt8(ascii: "{"), UInt8(ascii: "}"))
        let isTemplate = zip(text.utf8, text.utf8.dropFirst()).contains { first, second in
            second == open ? first == dollar || first == open : second == close && first == close
        }
        return isTemplate ? "must not contain \"${\", \"{{\" or \"}}\"" : nil
    }

    private mutating func seconds(_ text: String?, field: String) -> Int? {
        guard let text else { return nil }
        switch VaultDuration.seconds(ofSpec: text) {
        case .success(let seconds): return seconds
        case .failure(let violation):
            violate(field, violation.message)
            return nil
        }
    }
}

extension PolicyRule {
    /// The right to read what a database role gives out.
    static func credentials(at path: String) -> PolicyRule { PolicyRule(path: path, capabilities: [.read]) }
}
