import Synchronization
import TestSupport
import Testing

@testable import SPIREClient

@Suite("BatchSender")
struct BatchSenderTests {
    private typealias Sender = BatchSender<Bool, Int, Int>

    /// Lets a test decide when calls end.
    private final class Gate: Sendable {
        private let state = Mutex<(sent: [[Int]], waiting: [CheckedContinuation<Void, Never>])>(([], []))

        var sent: [[Int]] { state.withLock { $0.sent } }

        func pass(_ items: [Int]) async {
            await withCheckedContinuation { continuation in
                state.withLock { state in
                    state.sent.append(items)
                    state.waiting.append(continuation)
                }
            }
        }

        func release() {
            let waiting = state.withLock { state in
                defer { state.waiting = [] }
                return state.waiting
            }
            for continuation in waiting { continuation.resume() }
        }
    }

    private func running(
        limits: BatchQueue<Bool, Int>.Limits = .init(), now: @escaping @Sendable () -> Duration = { .zero },
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) },
        send: @escaping Sender.Send, _ body: @escaping @Sendable (Sender) async throws -> Void
    ) async throws {
        let sender = Sender(limits: limits, now: now, sleep: sleep, send: send)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await sender.run() }
            try await body(sender)
            sender.stop()
            try await group.waitForAll()
        }
    }

    /// Submits an item; what it fails with.
    private func refusal(of item: Int, by sender: Sender) async -> SPIREError? {
        do {
            _ = try await sender.submit(item, group: true, bytes: 1)
            return nil
        } catch {
            return error
        }
    }

    /// Time that passes when the test says so.
    private final class Time: Sendable {
        private struct State {
            var now = Duration.zero
            var isOver = false
            var sleepers: [(end: Duration, continuation: CheckedContinuation<Void, Never>)] = []
        }

        private let state = Mutex(State())

        var now: Duration { state.withLock { $0.now } }

        func sleep(_ duration: Duration) async throws {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if !state.isOver { state.sleepers.append((state.now + duration, continuation)) }
                    return state.isOver
                }
                if isOver { continuation.resume() }
            }
        }

        /// Lets time pass in small steps, in each of which what is due is done, until the task is cancelled.
        func pass() async {
            while !Task.isCancelled {
                let due = state.withLock { state in
                    state.now += .milliseconds(250)
                    let now = state.now
                    defer { state.sleepers.removeAll { $0.end <= now } }
                    return state.sleepers.filter { $0.end <= now }.map(\.continuation)
                }
                due.forEach { $0.resume() }
                for _ in 0..<100 { await Task.yield() }
            }
        }

        /// Ends all waits.
        func end() {
            let sleepers = state.withLock { state in
                state.isOver = true
                defer { state.sleepers = [] }
                return state.sleepers
            }
            for sleeper in sleepers { sleeper.continuation.resume() }
        }
    }

    /// Whether `run()` takes items.
    private func isReady(_ sender: Sender) async -> Bool { await refusal(of: -1, by: sender) == nil }

    @Test("what arrives while a call is in flight forms the next one, and each caller gets its own outcome")
    func coalescing() async throws {
        let gate = Gate()
        let isOpen = Mutex(true)
        try await running { _, items in
            if !isOpen.withLock({ $0 }) { await gate.pass(items) }
            return items.map { $0 == 13 ? .failure(SPIREError(.invalidArgument, "13")) : .success($0) }
        } _: { sender in
            try await eventually { await isReady(sender) }
            isOpen.withLock { $0 = false }
            let outcomes = try await withThrowingTaskGroup(of: (Int, Int?).self) { group in
                group.addTask { (1, try? await sender.submit(1, group: true, bytes: 1)) }
                try await eventually { gate.sent == [[1]] }
                for item in 11...20 {
                    group.addTask { (item, try? await sender.submit(item, group: true, bytes: 1)) }
                }
                try await eventually { sender.waitingCount == 10 }
                #expect(gate.sent == [[1]])
                isOpen.withLock { $0 = true }
                gate.release()
                return try await group.reduce(into: [Int: Int?]()) { $0[$1.0] = $1.1 }
            }
            #expect(outcomes.count == 11)
            for (item, outcome) in outcomes { #expect(outcome == (item == 13 ? nil : item)) }
        }
    }

    @Test("a call that fails fails all of its items, and an answer that is too short is malformed")
    func failures() async throws {
        try await running { _, items in
            items.contains(1) ? [] : items.map { _ in .failure(SPIREError(.unavailable, "away")) }
        } _: { sender in
            try await eventually { await refusal(of: 2, by: sender)?.message == "away" }
            #expect(await refusal(of: 1, by: sender)?.code == .malformedAnswer)
        }
    }

    @Test("an item whose turn does not come in time fails without being sent")
    func expiry() async throws {
        let gate = Gate()
        let time = Mutex(Duration.zero)
        var limits = BatchQueue<Bool, Int>.Limits()
        limits.calls = 1
        try await running(limits: limits, now: { time.withLock { $0 } }) { _, items in
            if items != [-1] { await gate.pass(items) }
            return items.map { .success($0) }
        } _: { sender in
            try await eventually { await isReady(sender) }
            try await withThrowingTaskGroup(of: SPIREError.Code?.self) { group in
                group.addTask {
                    await refusal(of: 1, by: sender)?.code
                }
                try await eventually { gate.sent == [[1]] }
                group.addTask {
                    await refusal(of: 2, by: sender)?.code
                }
                try await eventually { sender.waitingCount == 1 }
                time.withLock { $0 = .seconds(6) }
                gate.release()
                var codes: [SPIREError.Code?] = []
                for try await code in group { codes.append(code) }
                #expect(codes.count == 2)
                #expect(codes.contains(.slow) && codes.contains(nil))
                #expect(gate.sent == [[1]])
            }
        }
    }

    @Test("a call that waits for more items goes out when its time has come, and at once when no more are taken")
    func hold() async throws {
        let gate = Gate()
        let time = Time()
        var eager = BatchQueue<Bool, Int>.Limits()
        eager.crowd = 1
        // Nobody else looks.
        eager.look = .seconds(100_000)
        let limits = eager
        try await running(limits: limits, now: { time.now }, sleep: { try await time.sleep($0) }) { _, items in
            if items == [1] || items == [2] { await gate.pass(items) }
            return items.map { .success($0) }
        } _: { sender in
            try await eventually {
                async let _ = time.pass()
                return await isReady(sender)
            }
            try await withThrowingTaskGroup(of: SPIREError?.self) { group in
                group.addTask { await refusal(of: 1, by: sender) }
                try await eventually { sender.waitingCount == 1 }
                #expect(gate.sent.isEmpty)
                try await eventually {
                    async let _ = time.pass()
                    return gate.sent == [[1]]
                }
                gate.release()
                #expect(try await group.next() == .some(nil))
                group.addTask { await refusal(of: 2, by: sender) }
                try await eventually { sender.waitingCount == 1 }
                #expect(gate.sent == [[1]])
                sender.stop()
                try await eventually { gate.sent == [[1], [2]] }
                gate.release()
                #expect(try await group.next() == .some(nil))
            }
            time.end()
        }
    }

    @Test("what waits for more behind a call that is given up goes out, too")
    func holdBehindHangingCall() async throws {
        let gate = Gate()
        let time = Time()
        var eager = BatchQueue<Bool, Int>.Limits()
        eager.calls = 1
        eager.wait = .seconds(60)
        let limits = eager
        try await running(limits: limits, now: { time.now }, sleep: { try await time.sleep($0) }) { _, items in
            if items == [1] { await gate.pass(items) }
            return items.map { .success($0) }
        } _: { sender in
            try await eventually { await isReady(sender) }
            try await withThrowingTaskGroup(of: SPIREError.Code?.self) { group in
                group.addTask { await refusal(of: 1, by: sender)?.code }
                try await eventually { gate.sent == [[1]] }
                for item in 100..<140 { group.addTask { await refusal(of: item, by: sender)?.code } }
                try await eventually { sender.waitingCount == 40 }
                async let _ = time.pass()
                var codes: [SPIREError.Code?] = []
                for try await code in group { codes.append(code) }
                #expect(codes.count { $0 == nil } == 40 && codes.contains(.unavailable))
            }
            gate.release()
            time.end()
        }
    }

    @Test("a call that never ends is given up, and neither its items nor its place wait for it")
    func hangingCall() async throws {
        let gate = Gate()
        let time = Time()
        var single = BatchQueue<Bool, Int>.Limits()
        single.calls = 1
        let limits = single
        try await running(limits: limits, now: { time.now }, sleep: { try await time.sleep($0) }) { _, items in
            if items == [1] { await gate.pass(items) }
            return items.map { .success($0) }
        } _: { sender in
            try await eventually { await isReady(sender) }
            try await withThrowingTaskGroup(of: SPIREError.Code?.self) { group in
                group.addTask { await refusal(of: 1, by: sender)?.code }
                try await eventually { gate.sent == [[1]] }
                // Nothing ends, so that only time tells of what waits.
                group.addTask { await refusal(of: 2, by: sender)?.code }
                try await eventually { sender.waitingCount == 1 }
                // Until both have their answers, however late whoever looks gets to run.
                async let _ = time.pass()
                #expect(try await group.next() == .slow)
                #expect(sender.waitingCount == 0)
                #expect(try await group.next() == .unavailable)
            }
            #expect(await refusal(of: 3, by: sender) == nil)
            // When it ends after all, that changes nothing.
            gate.release()
            #expect(await refusal(of: 4, by: sender) == nil)
            time.end()
        }
    }

    @Test("a caller that is cancelled while it waits is not sent, and harms nobody")
    func cancellation() async throws {
        let gate = Gate()
        var limits = BatchQueue<Bool, Int>.Limits()
        limits.calls = 1
        try await running(limits: limits) { _, items in
            if items == [1] { await gate.pass(items) }
            return items.map { .success($0) }
        } _: { sender in
            try await eventually { await isReady(sender) }
            try await withThrowingTaskGroup(of: Int?.self) { group in
                group.addTask { try? await sender.submit(1, group: true, bytes: 1) }
                try await eventually { gate.sent == [[1]] }
                try await withThrowingTaskGroup(of: SPIREError.Code?.self) { inner in
                    inner.addTask {
                        await refusal(of: 2, by: sender)?.code
                    }
                    try await eventually { sender.waitingCount == 1 }
                    inner.cancelAll()
                    #expect(try await inner.next() == .cancelled)
                }
                #expect(sender.waitingCount == 0)
                gate.release()
                #expect(try await group.next() == 1)
            }
        }
    }
}
