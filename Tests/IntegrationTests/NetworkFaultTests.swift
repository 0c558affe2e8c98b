import FoundationEssentials
import KubernetesClient
import KubernetesModel
import KubernetesTesting
import LanyardAPI
import SPIREClient
import Subprocess
import Testing

extension RealServers {
    /// Everything that the operator says and hears goes through proxies that harm it.
    @Suite("Faults on the way")
    struct NetworkFaultTests {
        let environment: TestEnvironment
        let clock = SystemClock()

        init() throws { environment = try TestEnvironment() }

        /// The ways to the three systems.
        private struct Ways {
            let kubernetes: FaultProxy
            let vault: FaultProxy
            let spire: FaultProxy

            var all: [(name: String, proxy: FaultProxy)] {
                [("API server", kubernetes), ("OpenBao", vault), ("SPIRE", spire)]
            }
        }

        @Test("connections are cut, reset, truncated, delayed and stalled; after each fault all is as declared, once")
        func faults() async throws {
            try await Cluster.run(in: environment) { cluster in
                try await Spire.run(in: environment) { spire in
                    try await withWays { ways in
                        let (messages, end) = try await OperatorRun.run(
                            in: environment, settings: settings(ways), kubeconfig: try kubeconfig(ways)
                        ) { run in
                            try await run.waitUntilWorking()
                            try await cluster.withNamespace("faults") { namespace in
                                try await check(in: namespace, cluster, spire, ways)
                            }
                            return try run.messages()
                        }
                        #expect(end == .exited(0))
                        #expect(messages.count { $0 == "lanyard starts" } == 1)
                    }
                }
            }
        }

        private func check(in namespace: String, _ cluster: Cluster, _ spire: Spire, _ ways: Ways) async throws {
            let bao = Bao(environment: environment)
            let foreign = "sys/policies/acl/lanyard.production.\(namespace)-foreign"
            try await bao.write(foreign, ["policy": "path \"secret/data/foreign\" { capabilities = [\"read\"] }"])
            let before = try await bao.read(foreign)
            let random = SeededRandomSource(seed: 42)
            var names: [String] = []
            for round in Fault.all.indices {
                // Every way has every fault once, and each time together with others.
                let faults = ways.all.enumerated().map { index, way in
                    (way.name, way.proxy, Fault.all[(round + 3 * index) % Fault.all.count])
                }
                let size = Int(random.next() % 3_000) + 1
                for (_, proxy, fault) in faults { await fault.begin(proxy, size) }
                names.append("app-\(round)")
                try await apply("app-\(round)", in: namespace, cluster)
                if round > 0 { try await edit("app-\(round - 1)", in: namespace, cluster) }
                // Long enough for every worker to meet the fault more than once.
                try await clock.sleep(for: .seconds(2))
                let start = clock.now
                for (_, proxy, fault) in faults { await fault.end(proxy) }
                try await cluster.waitUntilReady(2 * names.count, in: namespace, within: .seconds(45))
                let said = faults.map { "\($0.0) \($0.2)" }.joined(separator: ", ")
                print("round \(round), \(size) bytes: \(said): as declared \(clock.now - start) after its end")
            }
            try await expectExactly(names, in: namespace, spire, bao)
            #expect(try await bao.read(foreign) == before)
            await ways.kubernetes.cut(.reset)
            try await cluster.deleteResources(in: namespace)
            try await eventually("everything is gone", within: .seconds(45)) {
                let left = try await cluster.conditions(in: namespace).count
                return left == 0 ? nil : "\(left) resources"
            }
            try await expectExactly([], in: namespace, spire, bao)
            #expect(try await bao.read(foreign) == before)
            try await bao.delete(foreign)
        }

        private func expectExactly(_ names: [String], in namespace: String, _ spire: Spire, _ bao: Bao) async throws {
            let prefix = "lanyard.production.\(namespace)."
            #expect(try await bao.policies(withPrefix: prefix) == names.map { prefix + $0 }.sorted())
            for name in names {
                let id = try SPIFFEID("spiffe://\(environment.trustDomain)/ns/\(namespace)/sa/\(name)")
                let entries = try await spire.registry.entries(matching: EntryFilter(spiffeID: id))
                #expect(entries.map(\.id) == [prefix + name])
            }
        }

        private func apply(_ name: String, in namespace: String, _ cluster: Cluster) async throws {
            try await cluster.apply(Samples.identity(name, in: namespace))
            try await cluster.apply(Samples.binding(name, in: namespace, withDatabase: true))
        }

        private func edit(_ name: String, in namespace: String, _ cluster: Cluster) async throws {
            let key = ObjectKey(namespace: namespace, name: name)
            let path: JSONValue = .string("\(namespace)/\(name)/changed/*")
            let _: VaultRoleBinding = try await cluster.api.mergePatch(
                VaultRoleBinding.self, key,
                ["spec": ["access": ["kv": [["path": path, "permissions": ["Read"]]]]]])
            let _: WorkloadIdentity = try await cluster.api.mergePatch(
                WorkloadIdentity.self, key, ["spec": ["hint": "changed"]])
        }

        // MARK: The ways

        private func withWays(_ body: (Ways) async throws -> Void) async throws {
            let kubernetes = try port(of: environment.variable("KUBE_APISERVER_URL"))
            let vault = try port(of: environment.vaultAddress)
            let socket = "\(environment.directory)/operator/spire-proxy.sock"
            try await FaultProxy.run(to: .tcp(port: kubernetes)) { kubernetes in
                try await FaultProxy.run(to: .tcp(port: vault)) { vault in
                    try await FaultProxy.run(
                        to: .unix(path: environment.spireSocket), on: .unix(path: socket)
                    ) { spire in
                        try await body(Ways(kubernetes: kubernetes, vault: vault, spire: spire))
                    }
                }
            }
        }

        private func port(of address: String) throws -> Int {
            try #require(URLComponents(string: address)?.port)
        }

        private func settings(_ ways: Ways) -> [String] {
            [
                "vault.address=http://127.0.0.1:\(ways.vault.port)",
                "spire.address=unix://\(environment.directory)/operator/spire-proxy.sock",
                "reconcile.resyncInterval=1h",
                // A leader that cannot renew in time has to end, which is another test.
                "leaderElection.leaseDuration=180s", "leaderElection.renewDeadline=170s",
                "leaderElection.retryPeriod=2s",
            ]
        }

        private func kubeconfig(_ ways: Ways) throws -> String {
            let usual = "\(environment.directory)/operator/kubeconfig"
            let path = "\(environment.directory)/operator/kubeconfig-proxy"
            let text = try String(contentsOf: URL(filePath: usual), encoding: .utf8)
            let address = try environment.variable("KUBE_APISERVER_URL")
            try text.replacing(address, with: "https://127.0.0.1:\(ways.kubernetes.port)")
                .write(toFile: path, atomically: true, encoding: .utf8)
            return path
        }
    }

    /// A way in which connections are harmed.
    enum Fault: CaseIterable, Sendable {
        case cut, reset, refused, truncatedAnswers, truncatedRequests, delayed, stalled, lost, slowPieces

        static let all = Array(allCases)

        /// Begins, with a number of bytes where one matters.
        func begin(_ proxy: FaultProxy, _ size: Int) async {
            switch self {
            case .cut: await proxy.cut()
            case .reset: await proxy.cut(.reset)
            case .refused:
                proxy.conduct.update { $0.admission = .end(.reset) }
                await proxy.cut(.reset)
            case .truncatedAnswers: proxy.conduct.update { $0.toClient.limit = size }
            case .truncatedRequests: proxy.conduct.update { $0.toServer = Flow(limit: size, ending: .reset) }
            case .delayed: proxy.conduct.update { $0.toClient.delay = .milliseconds(300) }
            case .stalled, .lost:
                proxy.conduct.update { conduct in
                    conduct.toServer.isStalled = true
                    conduct.toClient.isStalled = true
                }
            case .slowPieces: proxy.conduct.update { $0.toClient = Flow(pieceSize: 7, bytesPerSecond: 20_000) }
            }
        }

        /// Ends; what was stalled goes on, what was lost does not.
        func end(_ proxy: FaultProxy) async {
            if self == .lost { await proxy.cut(.reset) }
            proxy.conduct.update { $0 = FaultProxy.Conduct() }
        }
    }
}
