/// Thrown by the elector when the lease went to another replica or could not be renewed in time. The process has to end:
/// its fence is closed, and it must not go on with what it believed.
public struct LeadershipLost: Error, Equatable, CustomStringConvertible {
    /// For logs.
    public var description: String { "leadership was lost" }
}
