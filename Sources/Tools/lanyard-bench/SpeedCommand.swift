import ArgumentParser
import ControllerRuntime
import FoundationEssentials
import KubernetesModel
import LanyardAPI
import LanyardCore

/// Measures the time that each object costs.
struct SpeedCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "speed", abstract: "Measure decoding, planning, the store and the work queue, per object.")

    @Option(name: .long, help: "How many objects of each kind.")
    var objects = 10_000

    func run() async throws { try await Self.measure(objects) }

    /// Prints a table.
    ///
    /// - Throws: `ExitCode` when some objects were not processed: the figures would mean nothing.
    static func measure(_ objects: Int) async throws {
        let settings = try Workload.settings()
        let identities = (0..<objects).map(Workload.identity)
        let bindings = (0..<objects).map(Workload.binding)
        let lines = try (0..<objects).map(Workload.line)
        print(Table.head(["for each object", "time", "per second"]))
        let (decoded, stored, changed) = measureStore(lines)
        let planned = measureIdentities(identities, settings)
        let policyBytes = measureBindings(bindings, settings)
        let worked = await measureQueue(identities)
        guard [decoded, stored, changed, planned.entries, worked].allSatisfy({ $0 == objects }), policyBytes > 0 else {
            print("some objects got lost: \(decoded) decoded, \(planned.entries) planned, \(worked) queued")
            if let refusal = planned.refusal { print("refused: \(refusal)") }
            throw ExitCode.failure
        }
    }

    /// Decodes objects, stores them and changes them.
    private static func measureStore(_ lines: [Data]) -> (decoded: Int, stored: Int, changed: Int) {
        let objects = lines.count
        var decoded: [WorkloadIdentity] = []
        let size = lines.reduce(0) { $0 + $1.count } / max(1, objects)
        report("decode a WorkloadIdentity of \(size) bytes", objects) {
            decoded = lines.compactMap { try? JSON.decode(from: $0) }
        }
        let store = Store<WorkloadIdentity>()
        report("put it into the store, as part of a list", objects) {
            _ = store.replace(with: decoded, resourceVersion: ResourceVersion("1"))
        }
        let changed = decoded.enumerated().map { index, identity in
            var identity = identity
            identity.metadata.resourceVersion = ResourceVersion("\(objects + index + 1)")
            return identity
        }
        var changes = 0
        report("put it into the store, as a change", objects) {
            for identity in changed where store.apply(.upsert(identity)) != nil { changes += 1 }
        }
        return (decoded.count, store.count, changes)
    }

    private static func measureIdentities(
        _ identities: [WorkloadIdentity], _ settings: PlanningSettings
    ) -> (entries: Int, refusal: Refusal?) {
        var entries: [RegistrationEntry] = []
        var refusal: Refusal?
        let boundary = BoundarySet([], settings: settings).effective(
            inNamespace: identities.first?.metadata.namespace ?? "", labels: [:])
        report("plan its registration entry", identities.count) {
            for identity in identities {
                switch Admission.identity(identity, boundary: boundary, settings: settings) {
                case .success(let desired): entries += desired.entries().entries.map(\.entry)
                case .failure(let reason): refusal = reason
                }
            }
        }
        return (entries.count, refusal)
    }

    private static func measureBindings(_ bindings: [VaultRoleBinding], _ settings: PlanningSettings) -> Int {
        var policyBytes = 0
        report("plan a VaultRoleBinding and render its policy", bindings.count) {
            for binding in bindings {
                let subject = SubjectResolution.serviceAccounts(["web"])
                guard
                    case .success(let access) = BindingPlanner.desired(
                        for: binding, subject: subject, settings: settings)
                else { continue }
                policyBytes += access.policy.text.utf8.count
            }
        }
        return policyBytes
    }

    private static func measureQueue(_ identities: [WorkloadIdentity]) async -> Int {
        let queue = WorkQueue<ObjectKey>(environment: .system, name: "bench")
        let start = ContinuousClock.now
        for identity in identities { queue.add(identity.key) }
        var worked = 0
        while await queue.withNextIfReady({ _ in true }) == true { worked += 1 }
        report("add its key to the work queue and take it", identities.count, ContinuousClock.now - start)
        return worked
    }

    private static func report(_ what: String, _ count: Int, _ body: () -> Void) {
        report(what, count, ContinuousClock().measure(body))
    }

    private static func report(_ what: String, _ count: Int, _ duration: Duration) {
        let microseconds = duration / .microseconds(1) / Double(max(1, count))
        let rate = microseconds > 0 ? "\(Int(1_000_000 / microseconds))" : ""
        print(Table.row([what, "\(Table.oneDecimal(microseconds)) µs", rate]))
    }
}
