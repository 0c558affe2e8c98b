import KubernetesModel
import LanyardCore
import SPIREClient

/// Where a round is.
struct VerificationRound {
    enum Rest {
        case listing(EntryPageRequest)
        case points([String])
    }

    /// What the inventory gave at the start.
    let id: UInt64
    var rest: Rest
    let isListing: Bool
    /// Our entries that were listed, and whether they are left behind on purpose.
    var listed: [String: Bool] = [:]
    /// How many entries were listed, everybody's.
    var total = 0
    var parts = 0

    init(id: UInt64, rest: Rest) {
        self.id = id
        self.rest = rest
        if case .listing = rest { isListing = true } else { isListing = false }
    }

    var isDone: Bool {
        if case .points(let ids) = rest { ids.isEmpty } else { false }
    }
}
