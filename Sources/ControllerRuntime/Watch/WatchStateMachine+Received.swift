import KubernetesModel

extension WatchStateMachine {
    /// What arrived on an open watch.
    enum Received: Equatable, Sendable {
        case object(ResourceVersion?)
        case bookmark(WatchBookmark)
        case error(APIStatus)
        case malformed

        /// What an event means to the protocol; nil stands for a line that is none.
        init<Object>(_ event: WatchEvent<Object>?) {
            switch event {
            case .added(let object), .modified(let object), .deleted(let object):
                self = .object(object.metadata.resourceVersion)
            case .deletedUndecodable(_, let version): self = .object(version)
            case .undecodable(let object): self = .object(object.resourceVersion)
            case .bookmark(let bookmark): self = .bookmark(bookmark)
            case .error(let status): self = .error(status)
            case nil: self = .malformed
            }
        }
    }
}
