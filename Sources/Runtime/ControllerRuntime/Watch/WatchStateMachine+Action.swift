import KubernetesModel

extension WatchStateMachine {
    /// What the driver does next.
    enum Action: Equatable, Sendable {
        /// Ask for a page; a request without continue token starts over and discards earlier pages.
        case list(ListRequest)
        /// All is there: replace the store and deliver the changes, then call `replaced`, or `streamReplaced` when it came
        /// as the initial events of a stream, which stays open.
        case replace(ResourceVersion)
        /// Open a watch and read it.
        case watch(WatchRequest)
        /// Wait, then call `waited`.
        case wait(Duration)
    }

    struct ListRequest: Equatable, Sendable {
        /// nil asks for the newest state (quorum read).
        var resourceVersion: ResourceVersion?
        var limit: Int?
        var continueToken: String?
    }

    struct WatchRequest: Equatable, Sendable {
        /// nil asks for the newest state; only for a streaming list.
        var resourceVersion: ResourceVersion?
        /// Whether the stream begins with all objects, closed by a bookmark. Never so when a watch is resumed.
        var sendsInitialEvents = false
        /// After how long the server ends the watch.
        var timeoutSeconds: Int
    }

    /// Why a watch was reopened or a list repeated, for metrics.
    enum Restart: String, CaseIterable, Sendable {
        case ended, stalled, expired, failed, malformed
    }
}

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
