import ArgumentParser
import FoundationEssentials
import KubernetesClient
import KubernetesModel
import KubernetesTesting
import Testing

@testable import LanyardCommands

@Suite("CommandClient")
struct CommandClientTests {
    private static let environment = Environment(
        clock: TurningClock(), random: SeededRandomSource(seed: 1), makeUUID: { "id" }, variable: { _ in nil })

    private static func file(_ text: String) throws -> URL {
        let file = FileManager.default.temporaryDirectory.appending(path: "lanyard-\(UUID().uuidString).yaml")
        try Data(text.utf8).write(to: file)
        return file
    }

    @Test(
        "why there is none is told once, and ends the command as one that could not read the cluster",
        arguments: [nil, "/nowhere/kubeconfig"] as [String?])
    func unreadable(kubeconfig: String?) {
        var told: [String] = []
        #expect(throws: ExitCode(2)) {
            try CommandClient.make(
                for: "bundle", kubeconfig: kubeconfig, environment: Self.environment, tell: { told.append($0) })
        }
        #expect(told.count == 1 && told.first?.contains(kubeconfig ?? "no KUBECONFIG") == true)
    }

    @Test("a kubeconfig is all that it needs, and nothing is told")
    func made() async throws {
        let file = try Self.file(
            """
            apiVersion: v1
            kind: Config
            current-context: here
            contexts: [{name: here, context: {cluster: here, user: me}}]
            clusters: [{name: here, cluster: {server: "http://127.0.0.1:1"}}]
            users: [{name: me, user: {}}]
            """)
        defer { try? FileManager.default.removeItem(at: file) }
        var told: [String] = []
        let client = try CommandClient.make(
            for: "uninstall", kubeconfig: file.path, environment: Self.environment, tell: { told.append($0) })
        try await client.shutdown()
        #expect(told.isEmpty)
    }
}
