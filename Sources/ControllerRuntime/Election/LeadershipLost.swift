/// Thrown by the elector when the lease went to another replica or could not be renewed in time. The process has to end:
/// its fence is closed, and it must not go on with what it believed.
///
/// Reconcilers throw it when they find the fence closed before an external write.
public struct LeadershipLost: Error, Equatable, CustomStringConvertible {
    /// Says that this process does not lead.
    public init() {}

    /// For logs.
    public var description: String { "leadership was lost" }
}
