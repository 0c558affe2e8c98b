extension Cluster {
    /// Runs in a namespace of its own while an operator is at work, which lets go of all that is left in it at the end.
    ///
    /// - Parameters:
    ///   - purpose: becomes a part of the namespace's name.
    ///   - resyncInterval: by default so long that only changes are news.
    static func runWithOperator(
        in environment: TestEnvironment, for purpose: String, resyncInterval: String = "10m",
        _ body: (String, Cluster) async throws -> Void
    ) async throws {
        try await Cluster.run(in: environment) { cluster in
            try await OperatorProcess.run(in: environment, resyncInterval: resyncInterval) { _, _ in
                try await cluster.withNamespace(purpose) { namespace in
                    try await body(namespace, cluster)
                    try await cluster.deleteAndWait(in: namespace)
                }
            }
        }
    }
}
