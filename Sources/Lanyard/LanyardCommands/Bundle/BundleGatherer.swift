import FoundationEssentials
import KubernetesClient
import KubernetesModel
import LanyardAPI
import LanyardOperator

/// Reads what a bug report needs from the API server alone, as whoever runs the command. Reads no Secret, and no spec.
struct BundleGatherer: Sendable {
    let api: any KubernetesAPI
    /// The operator's own.
    let namespace: String
    /// How many lines of each log.
    let lines: Int

    /// The most resources and events that are told, and the most objects of a kind that are read.
    private static let mostResources = 1_000, mostEvents = 500, mostRead = 50_000
    /// How many objects are read at once: tenants may have made each of them as large as an API server takes it.
    private static let page = 100

    /// What is taken of a list.
    private struct Taken<Value: Sendable>: Sendable {
        let values: [Value]
        /// Whether the list has more.
        let isCut: Bool
    }

    /// Looks at everything; what cannot be read is noted.
    func bundle(at time: WallTime) async -> DiagnosticBundle {
        var bundle = DiagnosticBundle(lanyard: Operator.version, platform: Operator.platform, time: time.rfc3339)
        bundle.kubernetes = await Self.attempt("version", &bundle) {
            try await tree(at: "/version")["gitVersion"]?.string
        }
        // Nobody answers: what follows would say the same.
        guard bundle.kubernetes != nil else { return bundle }
        for kind in LanyardKind.all { await read(kind.descriptor, into: &bundle) }
        let troubled = bundle.resources.sorted { left, right in !left.isReady && right.isReady }
        if troubled.count > Self.mostResources {
            bundle.notes.append("\(troubled.count - Self.mostResources) resources are left out, ready ones first")
        }
        bundle.resources = Array(troubled.prefix(Self.mostResources))
        bundle.lease = await Self.attempt("lease", &bundle) {
            try await api.get(Lease.self, ObjectKey(namespace: namespace, name: LanyardGroup.leaseName))?.spec
        }
        await readEvents(into: &bundle)
        await PodReader(api: api, namespace: namespace, lines: lines).read(into: &bundle)
        return bundle
    }

    private func read(_ descriptor: ResourceDescriptor, into bundle: inout DiagnosticBundle) async {
        let name = "\(descriptor.plural).\(LanyardGroup.name)"
        let definition = await Self.attempt("definition of \(descriptor.plural)", &bundle) {
            try await tree(at: "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/\(name)")
        }
        if let definition { bundle.definitions.append(.init(name: name, definition)) }
        let found = await Self.attempt(descriptor.plural, &bundle) {
            try await items(at: descriptor.path(namespace: nil)) { object -> DiagnosticBundle.Resource? in
                DiagnosticBundle.Resource(kind: descriptor.kind, object)
            }
        }
        guard let found else { return }
        let resources = found.values
        if found.isCut { bundle.notes.append("\(descriptor.plural): only \(Self.mostRead) are read") }
        bundle.counts[descriptor.kind] = DiagnosticBundle.Count(
            all: resources.count, ready: resources.count { $0.isReady })
        // Records have no conditions: they are counted only.
        bundle.resources += resources.filter { $0.conditions != nil || descriptor.plural != Self.records }
    }

    private static let records = OwnershipRecord.descriptor.plural

    private func readEvents(into bundle: inout DiagnosticBundle) async {
        let path = KubernetesEvent.descriptor.path(namespace: nil)
        let found = await Self.attempt("events", &bundle) {
            try await items(at: path) { event -> DiagnosticBundle.Event? in
                let regarding = event["regarding"]
                let isOfKind = regarding?["apiVersion"]?.string?.hasPrefix("\(LanyardGroup.name)/") == true
                let isOurs = isOfKind || regarding?["namespace"]?.string == namespace
                return isOurs ? DiagnosticBundle.Event(event) : nil
            }
        }
        if found?.isCut == true { bundle.notes.append("events: only \(Self.mostRead) are read") }
        let events = (found?.values ?? []).sorted { ($0.time ?? "") < ($1.time ?? "") }
        bundle.events = Array(events.suffix(Self.mostEvents))
    }

    private func tree(at path: String) async throws -> JSONValue {
        try JSONValue(parsing: try await api.send(APIRequest(.get, path)))
    }

    /// What is taken of the objects of a list, page by page, so that nothing else of them stays.
    private func items<Value: Sendable>(
        at path: String, _ take: (JSONValue) -> Value?
    ) async throws -> Taken<Value> {
        var taken: [Value] = []
        var read = 0
        var token: String?
        repeat {
            var query = [APIRequest.QueryItem("limit", String(Self.page))]
            if let token { query.append(APIRequest.QueryItem("continue", token)) }
            let list = try JSONValue(parsing: try await api.send(APIRequest(.get, path, query: query)))
            let items = list["items"]?.array ?? []
            taken += items.compactMap(take)
            read += items.count
            token = list["metadata"]?["continue"]?.string
        } while token?.isEmpty == false && read < Self.mostRead
        return Taken(values: taken, isCut: token?.isEmpty == false)
    }
}

extension BundleGatherer {
    /// What was read; nil, and a note, when it could not be.
    static func attempt<Value: Sendable>(
        _ what: String, _ bundle: inout DiagnosticBundle, _ read: () async throws -> Value?
    ) async -> Value? {
        do {
            return try await read()
        } catch {
            // Without the server's own text.
            let reason = (error as? KubernetesError).map { "\($0.code)" } ?? "the answer is not understood"
            bundle.notes.append("\(what): cannot be read: \(reason)")
            return nil
        }
    }
}

extension DiagnosticBundle.Definition {
    init(name: String, _ definition: JSONValue) {
        let conditions = definition["status"]?["conditions"]?.array ?? []
        self.init(
            name: name, generation: definition["metadata"]?["generation"]?.integer,
            storedVersions: (definition["status"]?["storedVersions"]?.array ?? []).compactMap(\.string),
            troubles: conditions.filter { $0["status"] != "True" }.map { condition in
                "\(condition["type"]?.string ?? ""): \(condition["message"]?.string ?? "")"
            })
    }
}

extension DiagnosticBundle.Resource {
    init(kind: String, _ object: JSONValue) {
        let metadata = object["metadata"]
        self.init(
            kind: kind, namespace: metadata?["namespace"]?.string, name: metadata?["name"]?.string ?? "",
            generation: metadata?["generation"]?.integer,
            isPaused: metadata?["annotations"]?[LanyardGroup.pausedAnnotation] == "true",
            deletionTimestamp: metadata?["deletionTimestamp"]?.string, conditions: object["status"]?["conditions"])
    }

    /// Whether its status says so.
    var isReady: Bool {
        conditions?.array?.contains { $0["type"]?.string == ConditionType.ready && $0["status"] == "True" } == true
    }
}

extension DiagnosticBundle.Event {
    init(_ event: JSONValue) {
        let regarding = event["regarding"]
        let names = [regarding?["namespace"]?.string, regarding?["name"]?.string].compactMap { $0 }
        self.init(
            time: event["series"]?["lastObservedTime"]?.string ?? event["eventTime"]?.string
                ?? event["deprecatedLastTimestamp"]?.string,
            type: event["type"]?.string, reason: event["reason"]?.string,
            count: event["series"]?["count"]?.integer ?? event["deprecatedCount"]?.integer,
            regarding: "\(regarding?["kind"]?.string ?? "") \(names.joined(separator: "/"))",
            note: event["note"]?.string)
    }
}
