import LanyardAPI

/// Parses the parts of a boundary, and collects what is wrong with them.
struct BoundaryReading {
    /// The most entries of one list.
    private static let limit = 512

    let settings: PlanningSettings
    private(set) var check = SpecCheck()
    /// Whether no pattern may be the same for two namespaces only because both chose the same name for something.
    var tellsNamespacesApart = false
    /// What placeholders become when a pattern is looked at for itself.
    private let sample: BoundaryTemplate.Values

    /// Nothing is read yet.
    init(settings: PlanningSettings) {
        self.settings = settings
        sample = BoundaryTemplate.Values(
            namespace: "n", name: "m", serviceAccounts: ["s"], cluster: settings.clusterName,
            trustDomain: settings.trustDomain.name)
    }

    /// Reads patterns with placeholders, and refuses those that meet for two namespaces.
    ///
    /// - Parameter violation: what is wrong with a pattern whose placeholders are filled; nil when nothing is.
    mutating func templates(
        _ texts: [String]?, _ field: String, _ violation: (String) -> String?
    ) -> [BoundaryTemplate] {
        let templates = bounded(texts, field).enumerated().map { index, text in
            let place = "\(field)[\(index)]"
            return (template: template(text, place, violation), field: place)
        }
        refuseMeetings(among: templates)
        return templates.compactMap(\.template)
    }

    /// Reads texts without placeholders.
    mutating func literals(_ texts: [String]?, _ field: String, _ violation: (String) -> String?) -> [String] {
        let texts = bounded(texts, field)
        for (index, text) in texts.enumerated() {
            if let message = violation(text) { check.invalid("\(field)[\(index)]", message) }
        }
        return texts
    }

    /// A duration in seconds.
    mutating func seconds(_ text: String?, _ field: String) -> Int? { check.seconds(text, field) }

    /// Patterns of paths with capabilities; sudo is never granted (rule bound-5).
    ///
    /// - Parameters:
    ///   - secretsMounts: what the boundary says are mounts of engines.
    ///   - databaseMounts: those of its database connections.
    mutating func paths(
        _ paths: [IdentityBoundarySpec.Path]?, below secretsMounts: [BoundaryTemplate],
        _ databaseMounts: [BoundaryTemplate]
    ) -> [BoundaryGrant.Path] {
        let mounts =
            settings.mounts.engines
            + (databaseMounts + secretsMounts).flatMap { [sample] in $0.patterns(sample) ?? [] }
        let engines = mounts.map { PathPattern("\($0)/*") }
        var templates: [(template: BoundaryTemplate?, field: String)] = []
        defer { refuseMeetings(among: templates) }
        return bounded(paths, "spec.vault.paths").enumerated().compactMap { index, path in
            let field = "spec.vault.paths[\(index)]"
            let template = template(path.path, "\(field).path") { pattern in
                if let violation = VaultPathRule.violation(inPolicyPath: pattern) { return violation }
                return VaultPathRule.mayReachSystem(pattern, outside: engines)
                    ? "must not be a pattern \(VaultPathRule.systemReach)" : nil
            }
            templates.append((template, "\(field).path"))
            if path.capabilities.isEmpty { check.invalid("\(field).capabilities", "must not be empty") }
            var capabilities: Set<Capability> = []
            for (place, name) in path.capabilities.enumerated() {
                if let capability = Capability(rawValue: name), capability != .sudo, capability != .deny {
                    capabilities.insert(capability)
                } else {
                    check.invalid(
                        "\(field).capabilities[\(place)]",
                        "must be a capability that can be granted: not sudo, not deny, not \(Excerpt.quoting(name))")
                }
            }
            return template.map { BoundaryGrant.Path(template: $0, capabilities: capabilities) }
        }
    }

    /// Reads database connections, with the roles that may be made there.
    mutating func databases(_ databases: [IdentityBoundarySpec.Database]?) -> [BoundaryGrant.Database] {
        var places: [(template: BoundaryTemplate?, field: String)] = []
        defer { refuseMeetings(among: places) }
        return bounded(databases, "spec.vault.databases").enumerated().compactMap { index, database in
            let field = "spec.vault.databases[\(index)]"
            let place = database.mount ?? settings.mounts.database
            let mount = template(place, "\(field).mount", VaultName.violation(inMount:))
            // A mount of the namespace's own makes any connection there one of its own.
            let connection = template(
                database.connection, "\(field).connection", below: "\(place)/", VaultName.violation(inReference:))
            guard let mount, let connection else { return nil }
            places.append((try? BoundaryTemplate("\(place)/\(connection.text)"), "\(field).connection"))
            return BoundaryGrant.Database(
                mount: mount, connection: connection,
                templates: templates(database.templates, "\(field).templates", Self.objectNameViolation),
                allowsInlineStatements: database.inlineStatements ?? false,
                staticUsernames: literals(database.staticUsernames, "\(field).staticUsernames") {
                    $0.isEmpty || !$0.isPrintableASCII ? "must be the name of a database user in printable ASCII" : nil
                })
        }
    }

    /// Which namespaces a boundary is about.
    mutating func check(_ namespaces: IdentityBoundarySpec.Namespaces?) {
        _ = literals(namespaces?.names, "spec.namespaces.names") { name in
            let stem = name.hasSuffix("*") ? String(name.dropLast()) : name
            let isPlain = stem.isEmpty ? name == "*" : KubernetesName.isDNSLabel(stem + (name == stem ? "" : "x"))
            return isPlain ? nil : "must be the name of a namespace, or its beginning and *"
        }
        for (key, value) in (namespaces?.selector?.matchLabels ?? [:]).sorted(by: { $0.key < $1.key })
        where !KubernetesName.isLabelKey(key) || !KubernetesName.isLabelValue(value) {
            check.invalid("spec.namespaces.selector.matchLabels", "\(Excerpt.quoting(key)) is not a label with a value")
        }
        let requirements = bounded(
            namespaces?.selector?.matchExpressions, "spec.namespaces.selector.matchExpressions")
        for (index, requirement) in requirements.enumerated() {
            let field = "spec.namespaces.selector.matchExpressions[\(index)]"
            if !KubernetesName.isLabelKey(requirement.key) { check.invalid("\(field).key", "must be a label key") }
            let values = requirement.values ?? []
            switch requirement.operator {
            case "In", "NotIn":
                if values.isEmpty { check.invalid("\(field).values", "must not be empty for \(requirement.operator)") }
            case "Exists", "DoesNotExist":
                if !values.isEmpty { check.invalid("\(field).values", "must be empty for \(requirement.operator)") }
            default: check.invalid("\(field).operator", "must be one of In, NotIn, Exists, DoesNotExist")
            }
        }
    }

    private mutating func bounded<Element>(_ list: [Element]?, _ field: String) -> [Element] {
        check.bounded(list, field, limit: Self.limit) ?? []
    }

    /// - Parameter place: what the pattern is below, which may tell namespaces apart for it.
    private mutating func template(
        _ text: String, _ field: String, below place: String = "", _ violation: (String) -> String?
    ) -> BoundaryTemplate? {
        do throws(TemplateError) {
            let template = try BoundaryTemplate(text)
            let whole = (try? BoundaryTemplate(place + text)) ?? template
            let isApart = template.keepsNamespacesApart || whole.keepsNamespacesApart
            let message =
                template.patterns(sample)?.compactMap(violation).first ?? (isApart ? nil : sharing)
            if let message { check.invalid(field, message) }
            return message == nil ? template : nil
        } catch {
            check.invalid(field, error.description)
            return nil
        }
    }
}

extension BoundaryReading {
    /// Notes each pattern of a list that tells namespaces apart for itself, and not from what an earlier one becomes. What
    /// has no namespace in it is for all of them by the platform's own words.
    private mutating func refuseMeetings(among list: [(template: BoundaryTemplate?, field: String)]) {
        guard tellsNamespacesApart else { return }
        var earlier: [BoundaryTemplate] = []
        for case (let template?, let field) in list where template.parts.contains(.placeholder(.namespace)) {
            let met = earlier.first { $0.text != template.text && $0.meets(template, sample) }
            if let met {
                check.invalid(
                    field,
                    "must not become for one namespace what \(Excerpt.quoting(met.text)) becomes for another one, "
                        + "whatever they and their {serviceAccount} and {name} are called; or the boundary says "
                        + "sharedNames: true")
            }
            earlier.append(template)
        }
    }

    /// What is wrong with a pattern that a namespace could have filled with another one's names.
    private var sharing: String? {
        guard tellsNamespacesApart else { return nil }
        return "must tell namespaces apart by {namespace} between \"/\" or \".\", as the boundary is about several and "
            + "each of them chooses its {serviceAccount} and {name}; or the boundary says sharedNames: true"
    }

    /// Patterns of SPIFFE paths begin with a literal segment, as those of Vault do.
    static func spiffeIDViolation(_ pattern: String) -> String? {
        guard pattern.hasPrefix("/") else { return "must be a path that starts with /" }
        if pattern.utf8.count > 2_048 { return "must not be longer than 2048 bytes" }
        let segments = pattern.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        guard let first = segments.first, !first.contains("*"), first != "+" else {
            return "must not have a wildcard in its first segment"
        }
        for (index, segment) in segments.enumerated() where segment != "+" {
            let isLast = index == segments.count - 1
            let stem = isLast && segment.hasSuffix("*") ? segment.dropLast() : segment
            let isPlain = stem.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                    true
                default: false
                }
            }
            let isEmpty = stem.isEmpty && stem.endIndex == segment.endIndex
            guard isPlain, !isEmpty, stem != ".", stem != ".." else {
                return "must be made of segments of letters, digits, - _ . in which + is any one and a last * any rest"
            }
        }
        return nil
    }

    /// Patterns of names that objects in Vault get. Only database roles can have capitals.
    static func nameViolation(_ pattern: String) -> String? {
        nameViolation(pattern, allowsCapitals: true)
    }

    private static func nameViolation(_ pattern: String, allowsCapitals: Bool) -> String? {
        let stem = pattern.hasSuffix("*") ? pattern.dropLast() : pattern[...]
        if stem.isEmpty { return pattern == "*" ? nil : "must not be empty" }
        let isPlain = stem.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
                UInt8(ascii: "_"), UInt8(ascii: "."):
                true
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): allowsCapitals
            default: false
            }
        }
        return isPlain
            ? nil
            : "must consist of \(allowsCapitals ? "" : "lower case ")letters, digits, \"-\", \"_\" and \".\", and may end in *"
    }

    /// Patterns of names of DatabaseRoleTemplates.
    static func objectNameViolation(_ pattern: String) -> String? {
        nameViolation(pattern, allowsCapitals: false)
    }

    /// Patterns of policies that tokens may have besides their own: never those that Lanyard makes (threat T40).
    static func policyViolation(_ pattern: String) -> String? {
        let own = "lanyard."
        let stem = pattern.hasSuffix("*") ? String(pattern.dropLast()) : pattern
        if stem.hasPrefix(own) || (stem != pattern && own.hasPrefix(stem)) {
            return "must not reach policies that begin with lanyard., which belong to bindings"
        }
        return VaultName.violation(inPolicyReference: stem == pattern ? stem : stem + "x")
    }
}
