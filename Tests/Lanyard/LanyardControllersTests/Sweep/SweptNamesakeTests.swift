import KubernetesClient
import KubernetesModel
import LanyardAPI
import LanyardControllers
import PrometheusExposition
import Testing
import VaultTesting

/// Namesakes that come anew before each sweep, so that none of them has been there for two.
@Suite("OwnershipSweeper: namesakes without end")
struct SweptNamesakeTests {
    private static let policy = "sys/policies/acl/web"

    private let lanyard: TestOperator
    private let sweeper: OwnershipSweeper

    init() async throws {
        let lanyard = try await TestOperator()
        self.lanyard = lanyard
        sweeper = OwnershipSweeperTests.sweeper(of: lanyard, countedBy: PrometheusRegistry())
    }

    private func exists(_ path: String) -> Bool { lanyard.world.vault.peek(path) != nil }

    /// Lets a binding go without the operator, if it is there, and another one of its name come, which waits.
    private func succeed(isPaused: Bool) async throws {
        if var old = try await lanyard.world.api.get(VaultRoleBinding.self, lanyard.key("web")) {
            old.metadata.finalizers = []
            _ = try await lanyard.world.api.replace(old)
            try await lanyard.delete(binding: "web")
        }
        try await lanyard.create(binding: "web") { spec in
            spec.serviceAccountNames = nil
            spec.workloadIdentityRef = .init(name: "ghost")
        }
        guard isPaused else { return }
        var new = try await lanyard.binding("web")
        new.metadata.annotations = ["lanyard.dev/paused": "true"]
        _ = try await lanyard.world.api.replace(new)
    }

    @Test(
        "what they do not take over goes in the fourth sweep that finds it without its owner, unless they are paused",
        arguments: [false, true])
    func turns(isPaused: Bool) async throws {
        var boundary = IdentityBoundary.permissive
        boundary.spec.allowPause = true
        lanyard.boundaries.set([boundary])
        for name in ["web", "api"] {
            try await lanyard.create(binding: name) { $0.roleName = name }
            try await lanyard.reconcile(binding: name)
        }
        lanyard.journal.clear()
        for _ in 0..<3 {
            try await succeed(isPaused: isPaused)
            try await sweeper.sweep(in: lanyard)
        }
        #expect(lanyard.journal.writes(to: "vault") == [] && exists(Self.policy))
        for _ in 0..<2 {
            try await succeed(isPaused: isPaused)
            try await sweeper.sweep(in: lanyard)
            #expect(exists(Self.policy) == isPaused)
        }
        #expect(exists("sys/policies/acl/api"))
    }

    @Test("nothing goes from one that is paused while a sweep is under way")
    func pausedMeanwhile() async throws {
        var boundary = IdentityBoundary.permissive
        boundary.spec.allowPause = true
        lanyard.boundaries.set([boundary])
        try await lanyard.create(binding: "web")
        try await lanyard.reconcile(binding: "web")
        try await succeed(isPaused: false)
        try await sweeper.sweep(in: lanyard)
        let lanyard = lanyard
        lanyard.journal.before("kube get namespaces/shop/vaultrolebindings/web") {
            var new = try await lanyard.binding("web")
            new.metadata.annotations = ["lanyard.dev/paused": "true"]
            _ = try await lanyard.world.api.replace(new)
        }
        try await sweeper.sweep(in: lanyard)
        #expect(try await lanyard.binding("web").metadata.annotations != nil && exists(Self.policy))
    }
}
