/// Whether lists come as the beginning of a watch (WatchList), which spares server and client the memory of one big answer.
public enum StreamingLists: Sendable {
    /// Where the server can; what it cannot is remembered, and the list comes in pages.
    case automatic
    /// Lists come in pages.
    case never
}
