package import KubernetesModel

/// What is true of a WorkloadIdentity. Only ever output.
package struct WorkloadIdentityStatus: Codable, Equatable, Sendable {
    package var observedGeneration: Int64?
    package var spiffeID: String?
    package var parentID: String?
    /// Where the entries are parented, also where the spec does not say it.
    package var placement: WorkloadIdentitySpec.Placement?
    package var entryCount: Int?
    /// At most 20 of the entries.
    package var entries: [Entry]?
    package var conditions: [Condition]?

    /// An empty status.
    package init() {}

    /// One registration entry.
    package struct Entry: Codable, Equatable, Sendable {
        package var id: String
        package var parentID: String
        package var node: String?
        package var pod: String?

        /// Names an entry.
        package init(id: String, parentID: String, node: String? = nil, pod: String? = nil) {
            self.id = id
            self.parentID = parentID
            self.node = node
            self.pod = pod
        }
    }
}
