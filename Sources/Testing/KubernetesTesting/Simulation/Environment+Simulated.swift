public import KubernetesModel
import Synchronization

extension Environment {
    /// Surroundings that depend on a seed alone: time stands still, random bits and UUIDs repeat.
    ///
    /// - Parameters:
    ///   - clock: to be moved by the test.
    ///   - variables: the environment variables.
    public static func simulated(
        seed: UInt64, clock: VirtualClock = VirtualClock(), variables: [String: String] = [:]
    ) -> Environment {
        let identifiers = SeededRandomSource(seed: ~seed)
        return Environment(
            clock: clock, random: SeededRandomSource(seed: seed),
            makeUUID: { identifiers.uuid() },
            variable: { variables[$0] })
    }
}

/// Random bits that depend on a seed alone (SplitMix64).
public final class SeededRandomSource: RandomSource {
    private let state: Mutex<UInt64>

    /// Starts a sequence; equal seeds give equal sequences.
    public init(seed: UInt64) {
        state = Mutex(seed)
    }

    /// The next 64 bits of the sequence.
    public func next() -> UInt64 {
        state.withLock { state in
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }
}
