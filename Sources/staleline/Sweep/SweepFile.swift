import Foundation
import Glibc
import Results

/// A file of results that is added to, by one process at a time.
struct SweepFile {
    /// Its path.
    let path: String

    /// Takes a path to write results to, and holds it until the process ends.
    ///
    /// - Throws: ``BadInput`` if it is no regular file, cannot be made, or another process holds it.
    init(_ given: String) throws {
        let resolved = URL(fileURLWithPath: given).resolvingSymlinksInPath().path
        var status = stat()
        if stat(resolved, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
            throw BadInput("\(given): is no regular file, expected one for results")
        }
        while true {
            // Never closed once it is locked: closing any descriptor of a file would end SQLite's own locks on it.
            let descriptor = Glibc.open(resolved, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
            guard descriptor >= 0 else {
                throw BadInput("\(given): \(String(cString: strerror(errno)))")
            }
            if flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
                guard errno != EWOULDBLOCK else {
                    throw BadInput("\(given): another process is adding to it")
                }
                Diagnostics.note(
                    "\(given): cannot be locked (\(String(cString: strerror(errno)))); nobody else may add to it"
                )
            }
            // Who held it until now may have put another file in its place.
            var (held, there) = (stat(), stat())
            if fstat(descriptor, &held) == 0, stat(resolved, &there) == 0,
                held.st_ino == there.st_ino,
                held.st_dev == there.st_dev
            {
                break
            }
            close(descriptor)
        }
        path = resolved
    }

    /// Replaces the file by one that is written beside it.
    ///
    /// A kill leaves the old file, or the new.
    func replace(_ write: (String) throws -> Void) throws {
        let beside = path + ".new"
        for leftover in [beside, beside + "-journal"] { unlink(leftover) }
        try write(beside)
        if rename(beside, path) != 0 {
            throw BadInput("\(path): \(String(cString: strerror(errno)))")
        }
    }
}
