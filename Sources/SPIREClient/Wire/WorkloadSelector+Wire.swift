package import LanyardAPI

extension WorkloadSelector {
    /// Reads a selector of the wire.
    ///
    /// - Throws: `SPIREError` with `malformedAnswer` when it is none.
    package init(wire: Spire_Api_Types_Selector) throws(SPIREError) {
        guard let selector = WorkloadSelector(type: wire.type, value: wire.value) else {
            throw SPIREError(.malformedAnswer, "a selector has no valid type or no value")
        }
        self = selector
    }

    /// The selector as the wire has it.
    package var wire: Spire_Api_Types_Selector {
        var wire = Spire_Api_Types_Selector()
        wire.type = type
        wire.value = value
        return wire
    }
}

extension Sequence<WorkloadSelector> {
    /// A match of this set, each selector once, sorted.
    package func wireMatch(
        _ behavior: Spire_Api_Types_SelectorMatch.MatchBehavior
    ) -> Spire_Api_Types_SelectorMatch {
        var match = Spire_Api_Types_SelectorMatch()
        match.selectors = Set(self).sorted().map(\.wire)
        match.match = behavior
        return match
    }
}
