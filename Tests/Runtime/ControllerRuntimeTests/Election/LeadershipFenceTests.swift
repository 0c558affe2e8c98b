import KubernetesTesting
import Testing

@testable import ControllerRuntime

@Suite("LeadershipFence")
struct LeadershipFenceTests {
    private let clock = VirtualClock()

    @Test("a fence is closed at first, open until its deadline less the margin, and closed by time alone")
    func deadline() {
        let fence = LeadershipFence(clock: clock)
        #expect(fence.remaining() == nil)
        fence.extend(until: .seconds(10))
        #expect(fence.remaining() == .seconds(9))
        #expect(fence.remaining(margin: .zero) == .seconds(10))
        clock.advance(by: .milliseconds(8_999))
        #expect(fence.remaining() == .milliseconds(1))
        clock.advance(by: .milliseconds(1))
        #expect(fence.remaining() == nil)
        #expect(fence.remaining(margin: .zero) == .seconds(1))
    }

    @Test("a deadline never moves back, and closing is immediate")
    func closing() {
        let fence = LeadershipFence(clock: clock)
        fence.extend(until: .seconds(10))
        fence.extend(until: .seconds(5))
        #expect(fence.remaining(margin: .zero) == .seconds(10))
        fence.close()
        #expect(fence.remaining(margin: .zero) == nil)
        fence.extend(until: .seconds(Int64.max))
        #expect((fence.remaining() ?? .zero) > .seconds(86_400))
    }

    @Test("without election everything is allowed")
    func alwaysOpen() {
        #expect(LeadershipFence.alwaysOpen.remaining(margin: .seconds(3_600)) != nil)
    }
}
