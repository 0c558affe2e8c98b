import Synchronization

/// Sends items that come one by one from many tasks in few calls, as `BatchQueue` decides.
///
/// The calls run in `run()`, not in the tasks of the callers: a caller that is cancelled does not take down the call that
/// it shares with others. A call that does not end whatever its deadline (the transport 2.9 has such a state) is given up
/// from outside, so that it keeps neither its items nor its place.
final class BatchSender<Group: Hashable & Sendable, Item: Sendable, Output: Sendable>: Sendable {
    typealias Outcome = Result<Output, SPIREError>
    /// Sends one call and returns one outcome for each item, in order.
    typealias Send = @Sendable (_ group: Group, _ items: [Item]) async -> [Outcome]

    private typealias Queue = BatchQueue<Group, Item>
    private typealias Waiter = CheckedContinuation<Outcome, Never>
    private typealias Answer = (waiter: Waiter, outcome: Outcome)

    private struct State {
        var queue: Queue
        var waiters: [Queue.Ticket: Waiter] = [:]
        var lastTicket: Queue.Ticket = 0
        var isRunning = false
        /// Whether somebody sees to it that a call that waits for more items goes out in time.
        var isHolding = false
        /// When the calls that are in flight began, by the first of their tickets.
        var calls: [Queue.Ticket: (start: Duration, batch: Queue.Batch)] = [:]

        /// Whether something may have to be given up.
        var isBusy: Bool { !calls.isEmpty || queue.waitingCount > 0 }

        /// Takes the next batch that may go out.
        mutating func next(at now: Duration) -> Queue.Batch? {
            guard let batch = queue.next(now: now, isHolding: isRunning) else { return nil }
            if let first = batch.items.first { calls[first.ticket] = (now, batch) }
            return batch
        }

        /// Whether a call waits for more items and nobody sees to it yet.
        mutating func beginsHolding(at now: Duration) -> Bool {
            guard !isHolding, isRunning, queue.hold(now: now) != nil else { return false }
            isHolding = true
            return true
        }

        /// Until when the next call waits; nil when it does not, and nobody sees to it any more.
        mutating func endOfHold(at now: Duration) -> Duration? {
            let end = isRunning ? queue.hold(now: now) : nil
            isHolding = end != nil
            return end
        }

        mutating func answer(_ tickets: [Queue.Ticket], _ error: SPIREError) -> [Answer] {
            tickets.compactMap { ticket in waiters.removeValue(forKey: ticket).map { ($0, .failure(error)) } }
        }
    }

    private let state: Mutex<State>
    private let batches: AsyncStream<Queue.Batch>
    private let starts: AsyncStream<Queue.Batch>.Continuation
    private let work: AsyncStream<Void>
    private let workBegan: AsyncStream<Void>.Continuation
    private let holds: AsyncStream<Void>
    private let holdBegan: AsyncStream<Void>.Continuation
    private let limits: BatchQueue<Group, Item>.Limits
    private let now: @Sendable () -> Duration
    private let sleep: @Sendable (Duration) async throws -> Void
    private let send: Send

    init(
        limits: BatchQueue<Group, Item>.Limits, now: @escaping @Sendable () -> Duration,
        sleep: @escaping @Sendable (Duration) async throws -> Void, send: @escaping Send
    ) {
        state = Mutex(State(queue: Queue(limits: limits)))
        (batches, starts) = AsyncStream.makeStream()
        (work, workBegan) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        (holds, holdBegan) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        self.limits = limits
        self.now = now
        self.sleep = sleep
        self.send = send
    }

    /// Carries the calls until the task is cancelled, or until `stop()` was called and the last call has ended.
    func run() async {
        state.withLock { $0.isRunning = true }
        await withDiscardingTaskGroup { group in
            group.addTask { await self.giveUpLateItems() }
            group.addTask { await self.endHolds() }
            for await batch in batches {
                group.addTask { await self.carry(batch) }
            }
        }
        stop()
        let answers = state.withLock { state in
            state.answer(state.waiters.keys.sorted(), Self.closed)
        }
        for answer in answers { answer.waiter.resume(returning: answer.outcome) }
    }

    /// Takes no more items, and has nothing wait for more.
    func stop() {
        let now = now()
        state.withLock { state in
            state.isRunning = false
            startNext(of: &state, at: now)
        }
        starts.finish()
        workBegan.finish()
        holdBegan.finish()
    }

    /// Sends what has waited long enough for more.
    private func endHolds() async {
        for await _ in holds {
            while let rest = sendHeld(at: now()) {
                do { try await sleep(rest) } catch { return }
            }
        }
    }

    /// Sends what need not wait any more.
    ///
    /// - Returns: how long something still waits; nil when nothing does.
    private func sendHeld(at now: Duration) -> Duration? {
        state.withLock { state in
            startNext(of: &state, at: now)
            return state.endOfHold(at: now).map { $0 - now }
        }
    }

    /// Looks now and then, while there is anything to do, for what has been waiting or in flight for too long.
    private func giveUpLateItems() async {
        for await _ in work {
            while state.withLock({ $0.isBusy }) {
                do { try await sleep(limits.look) } catch { return }
                for answer in takeLate(at: now()) { answer.waiter.resume(returning: answer.outcome) }
            }
        }
    }

    private func takeLate(at now: Duration) -> [Answer] {
        state.withLock { state in
            var answers = state.answer(state.queue.takeExpired(now: now), Self.expired)
            for (ticket, call) in state.calls where now - call.start >= limits.call {
                state.calls[ticket] = nil
                state.queue.finish()
                answers += state.answer(call.batch.items.map(\.ticket), Self.givenUp)
            }
            startNext(of: &state, at: now)
            return answers
        }
    }

    /// How many items wait for their turn.
    var waitingCount: Int { state.withLock { $0.queue.waitingCount } }

    /// Sends one item, alone or with others, and waits for its outcome.
    ///
    /// - Parameters:
    ///   - group: Only items of equal groups share a call.
    ///   - bytes: Size of the item on the wire.
    /// - Throws: `SPIREError`; `unavailable` when `run()` does not run, `slow` when the item's turn does not come in time.
    func submit(_ item: Item, group: Group, bytes: Int) async throws(SPIREError) -> Output {
        let ticket = state.withLock { state in
            state.lastTicket += 1
            return state.lastTicket
        }
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                enqueue(item, ticket: ticket, group: group, bytes: bytes, waiter: waiter)
            }
        } onCancel: {
            cancel(ticket)
        }
        return try outcome.get()
    }

    private func enqueue(_ item: Item, ticket: Queue.Ticket, group: Group, bytes: Int, waiter: Waiter) {
        let now = now()
        let refusal: SPIREError? = state.withLock { state in
            // The handler of a cancellation that came before this point found nothing to remove.
            guard !Task.isCancelled else { return .taskCancelled }
            guard state.isRunning else { return Self.closed }
            if !state.isBusy { workBegan.yield() }
            state.waiters[ticket] = waiter
            state.queue.enqueue(item, ticket: ticket, group: group, bytes: bytes, now: now)
            startNext(of: &state, at: now)
            return nil
        }
        if let refusal { waiter.resume(returning: .failure(refusal)) }
    }

    /// Has the batches carried that may go out, and somebody see to it that what waits for more will.
    private func startNext(of state: inout State, at now: Duration) {
        while let batch = state.next(at: now) { starts.yield(batch) }
        if state.beginsHolding(at: now) { holdBegan.yield() }
    }

    private func cancel(_ ticket: Queue.Ticket) {
        let waiter = state.withLock { state in
            _ = state.queue.remove(ticket)
            return state.waiters.removeValue(forKey: ticket)
        }
        waiter?.resume(returning: .failure(.taskCancelled))
    }

    private func carry(_ first: Queue.Batch) async {
        var batch: Queue.Batch? = first
        while let current = batch {
            let outcomes = await send(current.group, current.items.map(\.item))
            let (answers, next) = finish(current, outcomes: outcomes)
            for answer in answers { answer.waiter.resume(returning: answer.outcome) }
            batch = next
        }
    }

    private func finish(_ batch: Queue.Batch, outcomes: [Outcome]) -> ([Answer], Queue.Batch?) {
        let now = now()
        let isClosing = Task.isCancelled
        return state.withLock { state in
            // One that was given up has no waiters any more, and its place is another's.
            guard let first = batch.items.first, state.calls.removeValue(forKey: first.ticket) != nil else {
                return ([], nil)
            }
            state.queue.finish()
            var answers: [Answer] = []
            for (index, entry) in batch.items.enumerated() {
                guard let waiter = state.waiters.removeValue(forKey: entry.ticket) else { continue }
                let outcome = outcomes.indices.contains(index) ? outcomes[index] : .failure(Self.tooFewResults)
                // It was the connection that was cancelled, not the caller.
                let isCancelled = isClosing && outcome.isFailure(.cancelled)
                answers.append((waiter, isCancelled ? .failure(Self.closed) : outcome))
            }
            answers += state.answer(state.queue.takeExpired(now: now), Self.expired)
            let next = state.next(at: now)
            startNext(of: &state, at: now)
            return (answers, next)
        }
    }

    private static var closed: SPIREError { SPIREError(.unavailable, "the connection to the SPIRE server is not open") }
    private static var expired: SPIREError { SPIREError(.slow, "its turn did not come in time") }
    private static var givenUp: SPIREError { SPIREError(.unavailable, "the SPIRE server did not answer in time") }
    private static var tooFewResults: SPIREError {
        SPIREError(.malformedAnswer, "the answer has another number of results than the request")
    }
}

extension Result where Failure == SPIREError {
    fileprivate func isFailure(_ code: SPIREError.Code) -> Bool {
        guard case .failure(let error) = self else { return false }
        return error.code == code
    }
}
