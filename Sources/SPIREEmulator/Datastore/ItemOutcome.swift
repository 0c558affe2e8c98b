/// What became of one item of a batch.
struct ItemOutcome<Value> {
    let status: WireStatus
    /// Nil when the status is not OK.
    let value: Value?

    /// Carries the item out.
    init(_ body: () throws(CallFailure) -> Value) {
        do {
            value = try body()
            status = .ok
        } catch {
            value = nil
            status = error.status
        }
    }
}
