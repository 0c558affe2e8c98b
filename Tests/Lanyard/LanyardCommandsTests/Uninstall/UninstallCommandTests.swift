import ArgumentParser
import ControllerRuntime
import FoundationEssentials
import KubernetesClient
import KubernetesModel
import KubernetesTesting
import LanyardAPI
import LanyardCore
import Synchronization
import Testing

@testable import LanyardCommands

@Suite("lanyard uninstall", .timeLimit(.minutes(1)))
struct UninstallCommandTests {
    private let clock = TurningClock()
    private let api: InMemoryAPIServer
    private static let namespace = "lanyard-system"

    init() async throws {
        let ids = Numbers()
        let environment = Environment(
            clock: clock, random: SeededRandomSource(seed: 1), makeUUID: { ids.next() }, variable: { _ in nil })
        api = InMemoryAPIServer(
            environment: environment, resources: LanyardKind.all.map(\.descriptor) + [Lease.descriptor])
        let held = [LanyardGroup.cleanupFinalizer]
        _ = try await api.create(
            WorkloadIdentity(metadata: ObjectMeta(name: "web", namespace: "shop", finalizers: held), spec: .init()))
        _ = try await api.create(
            VaultRoleBinding(metadata: ObjectMeta(name: "web", namespace: "shop", finalizers: held), spec: .init()))
        _ = try await api.create(IdentityBoundary(metadata: ObjectMeta(name: "shop"), spec: .init()))
    }

    private final class Numbers: Sendable {
        private let last = Mutex(0)

        func next() -> String {
            let number = last.withLock { last in
                last += 1
                return last
            }
            return "id-\(number)"
        }
    }

    /// The operator's share: it renews its lease, and lets go of what is being deleted.
    private func operate(lettingGo: Bool = true) async throws {
        let key = ObjectKey(namespace: Self.namespace, name: "lanyard")
        let lease = Lease(
            metadata: ObjectMeta(name: key.name, namespace: key.namespace),
            spec: Lease.Spec(holderIdentity: "operator", leaseDurationSeconds: 15, renewTime: "-1"))
        _ = try await api.create(lease)
        let api = api
        clock.onSleep { turn in
            let _: Lease = try await api.mergePatch(Lease.self, key, ["spec": ["renewTime": .string("\(turn)")]])
            guard lettingGo else { return }
            for object in try await api.list(VaultRoleBinding.self).items where object.metadata.isBeingDeleted {
                try await api.removeFinalizer(LanyardGroup.cleanupFinalizer, from: object)
            }
            for object in try await api.list(WorkloadIdentity.self).items where object.metadata.isBeingDeleted {
                // Logins go before identities.
                #expect(try await api.list(VaultRoleBinding.self).items.isEmpty)
                try await api.removeFinalizer(LanyardGroup.cleanupFinalizer, from: object)
            }
        }
    }

    private func run(_ arguments: [String]) async throws -> (text: [String], failure: ValidateCommand.Failure) {
        let command = try #require(Lanyard.parseAsRoot(["uninstall"] + arguments) as? UninstallCommand)
        let told = Told()
        let failure = await command.uninstall(through: api, clock: clock) { line in told.append(line) }
        return (told.all, failure)
    }

    private final class Told: Sendable {
        private let lines = Mutex<[String]>([])
        func append(_ line: String) { lines.withLock { $0.append(line) } }
        var all: [String] { lines.withLock { $0 } }
    }

    private func count() async throws -> Int {
        try await api.list(WorkloadIdentity.self).items.count + api.list(VaultRoleBinding.self).items.count
            + api.list(IdentityBoundary.self).items.count
    }

    @Test("with the operator everything goes, with progress, and what is left to do is told")
    func remove() async throws {
        try await operate()
        let (text, failure) = try await run(["--remove"])
        #expect(failure == .none)
        #expect(try await count() == 0)
        #expect(
            text.contains("all of kind VaultRoleBinding are gone")
                && text.contains("all of kind IdentityBoundary are gone"))
        #expect(text.contains { $0.hasPrefix("left to do: ") && $0.contains(Self.namespace) })
    }

    @Test("programs get in one piece what was done")
    func report() async throws {
        try await operate()
        let command = try #require(
            Lanyard.parseAsRoot(["uninstall", "--remove", "-o", "json"]) as? UninstallCommand)
        let (report, failure) = await command.report(through: api, clock: clock) { _ in }
        #expect(failure == .none && report.left == 0 && report.refusals.isEmpty && report.failure == nil)
        #expect(report.deletions.map(\.kind) == ["VaultRoleBinding", "WorkloadIdentity", "IdentityBoundary"])
        let json = try JSON.decode(JSONValue.self, from: Data(Printable.json(report).utf8))
        #expect(json["mode"] == "remove" && json["isDryRun"] == false)
        #expect(json["deletions"]?.array?.first?["namespace"] == "shop")
    }

    @Test("what the operator does not let go of is told with its reason, and ends with 1 after the time")
    func stuck() async throws {
        try await operate(lettingGo: false)
        var status = VaultRoleBindingStatus()
        status.conditions = [
            Condition(
                type: "Ready", status: .no, reason: "VaultSealed", message: "Vault is sealed", observedGeneration: 1)
        ]
        let binding = try #require(try await api.get(VaultRoleBinding.self, ObjectKey(namespace: "shop", name: "web")))
        _ = try await api.applyStatus(
            VaultRoleBinding.self, binding.key, uid: binding.metadata.uid ?? "", resourceVersion: nil,
            status: try JSONValue(encoding: status), fieldManager: "test")
        let (text, failure) = try await run(["--remove", "--timeout", "1m"])
        #expect(failure == .refused)
        #expect(text.contains("  shop/web: VaultSealed: Vault is sealed"))
        #expect(text.last?.hasPrefix("1 resources are still there") == true)
        // Identities are not touched while logins are left.
        #expect(try await api.list(WorkloadIdentity.self).items.allSatisfy { !$0.metadata.isBeingDeleted })
    }

    @Test(
        "without the operator nothing is deleted, and everything can be let go of, also what is being deleted already")
    func leave() async throws {
        let (refused, failure) = try await run(["--remove"])
        #expect(failure == .refused && refused.first?.hasPrefix("refused: no operator leads") == true)
        let command = try #require(Lanyard.parseAsRoot(["uninstall", "--remove"]) as? UninstallCommand)
        let told = await command.report(through: api, clock: clock) { _ in }.report
        #expect(told.refusals.count == 1 && told.left == nil && told.deletions.count == 3)
        #expect(try await count() == 3)
        try await api.delete(WorkloadIdentity.self, ObjectKey(namespace: "shop", name: "web"), uid: nil)
        _ = try await api.create(
            OwnershipRecord(
                metadata: ObjectMeta(name: "r", namespace: Self.namespace),
                spec: .init(
                    owner: .init(kind: "VaultRoleBinding", namespace: "shop", name: "web", uid: "u"),
                    claims: [.init(path: "sys/policies/acl/web", claimedAt: "2026-01-01T00:00:00Z")])))
        let dry = try await run(["--leave", "--dry-run"])
        #expect(dry.failure == .none && dry.text.contains("would let go of VaultRoleBinding shop/web"))
        #expect(try await count() == 3)
        let (text, end) = try await run(["--leave"])
        #expect(end == .none)
        #expect(text.contains("stays in Vault: sys/policies/acl/web"))
        #expect(try await api.list(WorkloadIdentity.self).items.isEmpty)
        #expect(try await api.list(VaultRoleBinding.self).items.map { $0.metadata.finalizers ?? [] } == [[]])
        // Once more there is nothing to do.
        #expect(try await run(["--leave"]).text.contains { $0.hasPrefix("let go of") } == false)
    }

    @Test("beside a running operator nothing is let go of; a lease that nobody renews is nobody's")
    func leaveBesideOperator() async throws {
        try await operate()
        let (text, failure) = try await run(["--leave"])
        #expect(failure == .refused && text.first?.hasPrefix("refused: an operator leads (\"operator\")") == true)
        clock.onSleep { _ in }
        #expect(try await run(["--leave"]).failure == .none)
    }

    /// Counts the lists that are asked of a server.
    private final class ListCount: KubernetesAPI {
        private let server: InMemoryAPIServer
        private let lists = Mutex(0)

        init(of server: InMemoryAPIServer) { self.server = server }

        var value: Int { lists.withLock { $0 } }

        func send(_ request: APIRequest) async throws -> Data {
            if request.query.contains(where: { $0.name == "limit" }) { lists.withLock { $0 += 1 } }
            return try await server.send(request)
        }

        func openWatch(_ request: APIRequest) async throws -> any AsyncSequence<Data, any Error> & Sendable {
            try await server.openWatch(request)
        }
    }

    @Test("while it waits, only what is left is read, and no list")
    func waiting() async throws {
        try await operate(lettingGo: false)
        let lists = ListCount(of: api)
        let command = try #require(
            Lanyard.parseAsRoot(["uninstall", "--remove", "--timeout", "1m"]) as? UninstallCommand)
        let failure = await command.uninstall(through: lists, clock: clock) { _ in }
        #expect(failure == .refused)
        // Before the first deletion: the specs and the metadata of each kind, and the ledger.
        #expect(lists.value == 2 * UninstallPlan.kinds.count + 1)
    }

    @Test("every kind of the plan can be read and deleted, and says what becomes of what was made for it")
    func kinds() {
        #expect(UninstallKind.all.map(\.name).sorted() == UninstallPlan.kinds.sorted())
        for kind in LanyardKind.all where kind.isCleanedUp {
            let saysWhat = kind.type is any CleanedUpKind.Type
            #expect(saysWhat, "\(kind.descriptor.kind)")
        }
    }

    @Test("a cluster without the kinds has nothing to uninstall")
    func nothing() async throws {
        let environment = Environment(
            clock: clock, random: SeededRandomSource(seed: 1), makeUUID: { "id" }, variable: { _ in nil })
        let empty = InMemoryAPIServer(environment: environment, resources: [Lease.descriptor])
        let command = try #require(Lanyard.parseAsRoot(["uninstall", "--remove"]) as? UninstallCommand)
        let failure = await command.uninstall(through: empty, clock: clock) { _ in }
        #expect(failure == .none)
    }
}
