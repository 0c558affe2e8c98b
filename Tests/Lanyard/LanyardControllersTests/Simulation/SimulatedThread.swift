import Dispatch

/// Runs a pass and all tasks that it starts one after the other, in the order in which they come: calls that are under way at
/// the same time reach their servers, and their faults, in the same order each time.
final class SimulatedThread: TaskExecutor {
    private let queue = DispatchQueue(label: "simulated process")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
