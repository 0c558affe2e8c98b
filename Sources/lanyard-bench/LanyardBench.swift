import ArgumentParser
import ControllerRuntime
import FoundationEssentials
import KubernetesModel
import LanyardAPI
import LanyardCore

/// Measures what every object costs the operator's own processor, without servers. Meaningful in release builds only.
@main
struct LanyardBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lanyard-bench",
        abstract: "Measure decoding, planning, the store and the work queue, per object.",
        discussion: "Build with `swift build -c release --product lanyard-bench`; compare figures of one run only.")

    @Option(name: .long, help: "How many objects of each kind.")
    var objects = 10_000

    func run() async throws {
        let settings = try Workload.settings()
        let identities = (0..<objects).map(Workload.identity)
        let bindings = (0..<objects).map(Workload.binding)
        let lines = try identities.map { try JSON.encode($0) }

        var decoded = 0
        report("decode a WorkloadIdentity") {
            for line in lines where (try? JSON.decode(WorkloadIdentity.self, from: line)) != nil { decoded += 1 }
        }
        var entries: [RegistrationEntry] = []
        let boundary = BoundarySet([], settings: settings).effective(
            inNamespace: identities.first?.metadata.namespace ?? "", labels: [:])
        report("plan a registration entry") {
            for identity in identities {
                guard
                    case .success(let desired) = Admission.identity(identity, boundary: boundary, settings: settings)
                else { continue }
                entries += desired.entries().entries.map(\.entry)
            }
        }
        var policyBytes = 0
        report("plan a binding and render its policy") {
            for binding in bindings {
                let subject = SubjectResolution.serviceAccounts(["web"])
                guard
                    case .success(let access) = BindingPlanner.desired(
                        for: binding, subject: subject, settings: settings)
                else { continue }
                policyBytes += access.policy.text.utf8.count
            }
        }
        let store = Store<WorkloadIdentity>()
        report("put an object into the store") {
            _ = store.replace(with: identities, resourceVersion: ResourceVersion("1"))
        }
        let queue = WorkQueue<ObjectKey>(environment: .system, name: "bench")
        let clock = ContinuousClock()
        let start = clock.now
        for identity in identities { queue.add(identity.key) }
        var worked = 0
        while await queue.withNextIfReady({ _ in true }) == true { worked += 1 }
        print("add a key to the queue and take it", Self.perObject(clock.now - start, objects))

        guard decoded == objects, entries.count == objects, store.all.count == objects, worked == objects,
            policyBytes > 0
        else {
            print("some objects were not processed: \(decoded) decoded, \(entries.count) planned, \(worked) queued")
            throw ExitCode.failure
        }
    }

    private func report(_ what: String, _ body: () -> Void) {
        print(what, Self.perObject(ContinuousClock().measure(body), objects))
    }

    private static func perObject(_ duration: Duration, _ count: Int) -> String {
        let nanoseconds = Int64(duration / .nanoseconds(1)) / Int64(max(1, count))
        return "\(nanoseconds / 1000).\(nanoseconds / 100 % 10) µs"
    }
}
