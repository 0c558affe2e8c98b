import ArgumentParser
import ControllerRuntime
import KubernetesModel
import LanyardAPI
import Logging

/// Measures what a store of identities adds to the memory of a process that has done nothing else.
struct MemoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "memory", abstract: "Measure the resident memory of a store that was filled by a reflector.")

    @Option(name: .long, help: "How many objects.")
    var objects = 10_000

    @Flag(name: .long, help: "List in one answer, as servers do that know no streaming lists.")
    var oneAnswer = false

    func run() async throws {
        // The same indices as the operator's.
        let store = Store<WorkloadIdentity>(indices: [
            "namespace": { [$0.metadata.namespace ?? ""] },
            "serviceAccount": { ["\($0.metadata.namespace ?? "")/\($0.spec.serviceAccountName ?? $0.metadata.name)"] },
        ])
        let reflector = Reflector(
            api: GeneratedServer(count: objects), store: store,
            scope: WatchScope(streamingLists: oneAnswer ? .never : .automatic), environment: .system,
            logger: Logger(label: "bench", factory: { _ in SwiftLogNoOpLogHandler() })
        ) { _ in }
        let before = try ResidentMemory.now()
        try await withThrowingTaskGroup { group in
            group.addTask { try await reflector.run() }
            try await store.waitUntilSynced()
            let after = try ResidentMemory.now()
            guard store.count == objects else { throw ExitCode.failure }
            let perObject = Double(after.current - before.current) / Double(max(1, objects))
            let row = [
                "\(objects)", oneAnswer ? "one answer" : "stream", Self.mebibytes(before.current),
                Self.mebibytes(after.current), Self.mebibytes(after.peak), "\(Table.oneDecimal(perObject)) KiB",
            ]
            print(Table.row(row))
            group.cancelAll()
        }
    }

    private static func mebibytes(_ kibibytes: Int) -> String { "\((kibibytes + 512) / 1024) MiB" }
}
