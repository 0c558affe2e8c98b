/// What may be done with a key of a transit engine.
enum TransitOperation: String, CaseIterable {
    case encrypt = "Encrypt"
    case decrypt = "Decrypt"
    case rewrap = "Rewrap"
    case sign = "Sign"
    case verify = "Verify"
    case hmac = "HMAC"
    /// A new data key, in plain text and encrypted.
    case dataKey = "DataKey"
    /// A new data key, encrypted only: for those who store it but must not see it.
    case wrappedDataKey = "WrappedDataKey"

    /// The path below the mount, before the key.
    var prefix: String {
        switch self {
        case .encrypt: "encrypt/"
        case .decrypt: "decrypt/"
        case .rewrap: "rewrap/"
        case .sign: "sign/"
        case .verify: "verify/"
        case .hmac: "hmac/"
        case .dataKey: "datakey/plaintext/"
        case .wrappedDataKey: "datakey/wrapped/"
        }
    }
}
