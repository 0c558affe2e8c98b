import ControllerRuntime

extension SourceHealth {
    /// Why the cache does not show what the API server has; nil when it does. An API server that is out of reach for a
    /// while leaves a cache usable: that is another check.
    var syncProblem: String? {
        switch problem?.reason {
        case .forbidden, .notServed: problem.map { "\($0.reason.rawValue): \($0.message)" }
        default: hasSynced ? nil : problem.map { "\($0.reason.rawValue): \($0.message)" } ?? "not listed yet"
        }
    }

    /// Why the API server is taken to be out of reach, judged by all sources; nil while one of them gets its answers.
    static func reachabilityProblem(of sources: [SourceHealth]) -> String? {
        let problems = sources.compactMap { source in
            source.problem.flatMap { [.unavailable, .unauthorized].contains($0.reason) ? $0 : nil }
        }
        guard let first = problems.first, problems.count == sources.count else { return nil }
        return "\(first.reason.rawValue): \(first.message)"
    }
}
