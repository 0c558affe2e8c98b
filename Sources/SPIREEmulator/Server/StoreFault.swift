/// Makes the store fail for one call.
enum StoreFault {
    /// The header with which a local caller asks for it; its value is what the store says.
    static let header = "lanyard-store-fault"

    /// What the store says to the call that is being answered.
    @TaskLocal static var current: String?
}
