import FoundationEssentials
import KubernetesClient
import KubernetesModel
import LanyardAPI
import Testing

extension RealServers {
    /// The operator as it ships, beside a namespace that is full of what is large and costly.
    @Suite("A hostile namespace")
    struct HostileTenantTests {
        /// The bar is 2 000 (`LANYARD_HOSTILE_OBJECTS`): half a gibibyte of objects, which the servers have to bear as well.
        private static let count = TestEnvironment.variable("LANYARD_HOSTILE_OBJECTS").flatMap(Int.init) ?? 240
        private static let memoryLimit = 256 * 1024

        /// 256 KiB, in turn in annotations, in a spec that is too large, and in specs that are just not; and names of others.
        private static func binding(_ index: Int, in namespace: String, rival name: String) -> VaultRoleBinding {
            var binding = Samples.plainBinding("hostile-\(index)", in: namespace)
            func paths(_ length: Int) -> [KVAccess] {
                (0..<250).map { number in
                    KVAccess(
                        path: "\(namespace)/\(number)/" + String(repeating: "x", count: length) + "/*",
                        permissions: KVPermissions.all)
                }
            }
            switch index % 3 {
            case 0:
                binding.metadata.annotations = ["example.org/large": String(repeating: "x", count: 250 * 1024)]
                binding.spec.roleName = name
            case 1: binding.spec.access = Access(kv: paths(850))
            default: binding.spec.access = Access(kv: paths(300))
            }
            return binding
        }

        private enum KVPermissions {
            static let all = [
                "Read", "List", "Write", "Delete", "Undelete", "Destroy", "ReadMetadata", "WriteMetadata",
                "DeleteMetadata",
            ]
        }

        /// A figure of the process in KiB.
        private func memory(_ field: String, of run: OperatorRun) throws -> Int {
            let status = try String(contentsOf: URL(filePath: "/proc/\(run.pid)/status"), encoding: .utf8)
            let line = status.split(separator: "\n").first { $0.hasPrefix("\(field):") }
            return try #require(
                line?.split(separator: "\t").last?.split(separator: " ").first { !$0.isEmpty }.flatMap { Int($0) })
        }

        @Test("leaves the memory below its bar, and others their second", .timeLimit(.minutes(20)))
        func bystander() async throws {
            let environment = try TestEnvironment()
            try await Cluster.run(in: environment) { cluster in
                try await cluster.withNamespace("hostile") { hostile in
                    try await cluster.withNamespace("quiet") { quiet in
                        let name = "it-\(quiet)"
                        try await cluster.applyTogether(
                            (0..<Self.count).map { Self.binding($0, in: hostile, rival: name) })
                        _ = try await OperatorRun.run(in: environment, settings: ["log.level=info"]) { run in
                            try await run.waitUntilWorking()
                            try await measure(run, quiet, hostile, role: name, cluster)
                        }
                    }
                }
            }
        }

        private func measure(
            _ run: OperatorRun, _ quiet: String, _ hostile: String, role: String, _ cluster: Cluster
        ) async throws {
            let clock = SystemClock()
            var times: [Duration] = []
            for round in 0..<5 {
                // The other tenant is not idle meanwhile.
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for index in 0..<10 {
                        group.addTask {
                            let key = ObjectKey(
                                namespace: hostile, name: "hostile-\((round * 10 + index) % Self.count)")
                            _ = try await cluster.api.mergePatch(
                                VaultRoleBinding.self, key,
                                ["spec": ["serviceAccountNames": [.string("it-\(round)")]]])
                        }
                    }
                    try await group.waitForAll()
                }
                let start = clock.now
                try await cluster.apply(Samples.plainBinding("quiet-\(round)", in: quiet))
                try await cluster.waitUntilReady(round + 1, in: quiet)
                times.append(clock.now - start)
            }
            let peak = try memory("VmHWM", of: run)
            let now = try memory("VmRSS", of: run)
            print(
                "\(Self.count) hostile objects: others done in \(times); memory \(now / 1024) MiB, at most \(peak / 1024) MiB"
            )
            #expect(times.sorted()[2] < .seconds(1))
            #expect(peak < Self.memoryLimit)
            let left = try await cluster.everything(VaultRoleBinding.self, in: hostile).count
            #expect(left == Self.count)
        }
    }
}
