/// One thing that `lanyard doctor` looked at, and what it found.
package struct DoctorFinding: Equatable, Sendable, Encodable {
    /// What it is part of, in the order of the chain.
    package enum Area: String, Sendable, Encodable, CaseIterable {
        case kubernetes, spire, vault
    }

    /// How good it is.
    package enum Severity: String, Sendable, Encodable {
        /// It is as it should be.
        case ok
        /// Nothing needs to be done, as far as can be seen, but people should know.
        case note
        /// It could not be looked at, because of another problem.
        case unknown
        /// Something is to be fixed.
        case problem
    }

    /// What it is part of.
    package let area: Area
    /// What was looked at, such as `mount auth/kubernetes`.
    package let subject: String
    /// How good it is.
    package let severity: Severity
    /// What was found; never a secret or a server's own text.
    package let message: String
    /// What to do about it.
    package let remedy: String?

    /// Says what was found.
    package init(
        _ area: Area, _ subject: String, _ severity: Severity, _ message: String, remedy: String? = nil
    ) {
        self.area = area
        self.subject = subject
        self.severity = severity
        self.message = message
        self.remedy = remedy
    }
}
