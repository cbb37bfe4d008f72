import Foundation

/// Does the work of requests beside the sockets: so much at once, and a bounded number that wait.
final class Workers: Sendable {
    private let queue: OperationQueue
    private let waiting = LockedCount()

    /// The most requests that wait or are at work.
    static let limit = 128

    init(count: Int) {
        queue = OperationQueue()
        queue.maxConcurrentOperationCount = max(count, 1)
        queue.qualityOfService = .userInitiated
    }

    /// Does something when its turn comes.
    ///
    /// - Throws: ``HTTPRefusal`` if too many wait.
    func run<Result: Sendable>(_ work: @escaping @Sendable () -> Result) async throws -> Result {
        guard waiting.change({ $0 < Self.limit ? $0 + 1 : nil }) else {
            throw HTTPRefusal(503, "too many requests wait; try again")
        }
        return await withCheckedContinuation { continuation in
            queue.addOperation {
                let result = work()
                _ = self.waiting.change { $0 - 1 }
                continuation.resume(returning: result)
            }
        }
    }

    /// Waits for asynchronous work, on a thread that may wait: one of the queue's.
    static func wait<Value: Sendable>(
        _ work: @escaping @Sendable () async throws -> Value
    ) throws -> Value {
        let finished = DispatchSemaphore(value: 0)
        let outcome = Outcome<Value>()
        Task.detached {
            do { outcome.value = .success(try await work()) } catch {
                outcome.value = .failure(error)
            }
            finished.signal()
        }
        finished.wait()
        guard let value = outcome.value else { preconditionFailure("the work has signalled") }
        return try value.get()
    }

    /// Written before the semaphore is signalled, read after it was waited for.
    private final class Outcome<Value: Sendable>: @unchecked Sendable {
        var value: Result<Value, any Error>?
    }
}
