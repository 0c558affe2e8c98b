/// The checks behind one endpoint, and its answers in the manner of kube-apiserver: the reason of a failure goes to the
/// log and never into an answer, which anybody in the cluster can read.
struct HealthChecks: Sendable {
    /// The last part of the endpoint's path, such as `readyz`.
    let endpoint: String
    let checks: [HealthCheck]

    /// The answer about all checks but the excluded ones.
    func report(excluding excluded: Set<String> = [], isVerbose: Bool = false) -> HealthReport {
        var lines: [String] = []
        var problems: [String: String?] = [:]
        for check in checks {
            if excluded.contains(check.name) {
                lines.append("[+]\(check.name) excluded: ok")
                continue
            }
            let problem = check.problem()
            problems[check.name] = .some(problem)
            lines.append(problem == nil ? "[+]\(check.name) ok" : "[-]\(check.name) failed: reason withheld")
        }
        let unknown = excluded.subtracting(checks.map(\.name)).sorted()
        if !unknown.isEmpty {
            lines.append(
                "warn: some health checks cannot be excluded: no matches for \(unknown.joined(separator: ","))")
        }
        let isHealthy = problems.values.allSatisfy { $0 == nil }
        lines.append("\(endpoint) check \(isHealthy ? "passed" : "failed")")
        let body = isHealthy && !isVerbose ? "ok" : lines.joined(separator: "\n") + "\n"
        return HealthReport(isHealthy: isHealthy, body: body, problems: problems)
    }

    /// The answer about one check; nil when there is none of that name.
    func report(of name: String) -> HealthReport? {
        guard let check = checks.first(where: { $0.name == name }) else { return nil }
        let problem = check.problem()
        return HealthReport(
            isHealthy: problem == nil, body: problem == nil ? "ok" : "internal server error: reason withheld\n",
            problems: [name: problem])
    }
}

/// An answer to a probe.
struct HealthReport: Equatable, Sendable {
    var isHealthy: Bool
    /// What is sent.
    var body: String
    /// Every check that was made, with what is wrong.
    var problems: [String: String?]
}
