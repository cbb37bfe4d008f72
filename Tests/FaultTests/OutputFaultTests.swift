import Foundation
import Testing

/// Where a result cannot be written: it is said, what was there before stays, and nothing half stands under its name.
@Suite("Faults of output") struct OutputFaultTests {
    private func scene() throws -> Scene {
        let scene = try Scene()
        try scene.write("in.slt", Traces.bug.utf8)
        return scene
    }

    @Test("A full disk under a device's name")
    func fullDevice() throws {
        let scene = try scene()
        try scene.refused(
            "$staleline convert in.slt --to slt /dev/full", "/dev/full", "No space left",
            leaves: ["in.slt"])
        try scene.refused(
            "$staleline prove in.slt -o /dev/full", "/dev/full", "No space left")
    }

    @Test("A full disk: the old file stays whole", .enabled(if: allFaults && getuid() == 0))
    func fullDisk() throws {
        let scene = try scene()
        try scene.write("long.lackey", Traces.lackey(200_000))
        let end = try scene.run(
            """
            mkdir small && mount -t tmpfs -o size=256k tmpfs small || exit 99
            echo old > small/out.slt
            $staleline convert long.lackey small/out.slt; status=$?
            ls small > left; cat small/out.slt > kept; umount small; exit $status
            """)
        try #require(end.status != 99, "no tmpfs can be mounted here")
        #expect(end.status == 2)
        #expect(end.errors.contains("No space left"))
        #expect(scene.bytes("left") == Array("out.slt\n".utf8))
        #expect(scene.bytes("kept") == Array("old\n".utf8))
    }

    @Test("A file that may not grow: the old file stays whole", .disabled(if: isSanitized))
    func fileLimit() throws {
        let scene = try scene()
        try scene.write("long.lackey", Traces.lackey(20_000))
        try scene.write("out.slt", "old\n".utf8)
        try scene.refused(
            "ulimit -f 64; $staleline convert long.lackey out.slt", "out.slt", "File too large",
            leaves: ["in.slt", "long.lackey", "out.slt"])
        #expect(scene.bytes("out.slt") == Array("old\n".utf8))
    }

    @Test("Standard output is full")
    func fullStandardOutput() throws {
        let scene = try scene()
        for command in [
            "check in.slt", "replay in.slt --json", "convert in.slt --to slt -", "--help",
            "check --help", "--version",
        ] {
            try scene.refused("$staleline \(command) > /dev/full", "No space left")
        }
    }

    @Test("Standard error is full: the result is whole")
    func fullStandardError() throws {
        let scene = try scene()
        let good = try scene.run("$staleline check in.slt --json")
        let end = try scene.run("$staleline check in.slt --json 2>/dev/full")
        #expect(end.status == 1)
        #expect(end.output == good.output)
        #expect(try scene.run("$staleline convert in.slt out.slt 2>/dev/full").status == 0)
        #expect(scene.names == ["in.slt", "out.slt"])
    }

    @Test("Standard output is closed: nothing gets into a file by mistake")
    func closedStandardOutput() throws {
        let scene = try scene()
        try scene.refused("$staleline check in.slt >&-", "standard output")
        #expect(try scene.run("$staleline convert in.slt out.slt >&- 2>&-").status == 0)
        let text = String(decoding: scene.bytes("out.slt") ?? [], as: UTF8.self)
        #expect(text.hasPrefix("staleline 1\n"))
        #expect(!text.contains("records written"))
    }

    @Test("A write-protected file is not replaced")
    func writeProtected() throws {
        let scene = try scene()
        try scene.write("out.slt", "old\n".utf8)
        try scene.refused(
            "chmod 444 out.slt; $staleline convert in.slt out.slt", "out.slt", "write-protected",
            leaves: ["in.slt", "out.slt"])
        #expect(scene.bytes("out.slt") == Array("old\n".utf8))
    }

    @Test("A trace that is exported replaces no write-protected file")
    func exported() throws {
        let scene = try Scene()
        let export = "$staleline validate --row 'T1 64K' --export ."
        #expect(try scene.run(export).status == 0)
        try #require(scene.names == ["T1-64K.slt"])
        let whole = scene.bytes("T1-64K.slt")
        try scene.refused(
            "chmod 444 T1-64K.slt; \(export)", "T1-64K.slt", "write-protected",
            leaves: ["T1-64K.slt"])
        #expect(scene.bytes("T1-64K.slt") == whole)
    }

    @Test("A file keeps its permissions when it is replaced")
    func permissions() throws {
        let scene = try scene()
        try scene.write("out.slt", "old\n".utf8)
        let end = try scene.run(
            "chmod 600 out.slt; $staleline convert in.slt out.slt && stat -c %a out.slt")
        #expect(end.output == "600\n")
    }

    @Test("A folder in which nothing can be made")
    func readOnlyFolder() throws {
        let scene = try scene()
        // Not even root makes files there.
        try scene.refused("$staleline convert in.slt /sys/out.slt", "/sys/out.slt")
    }

    @Test("A folder that is not there")
    func missingFolder() throws {
        let scene = try scene()
        try scene.refused(
            "$staleline convert in.slt none/out.slt", "none/out.slt", "No such file",
            leaves: ["in.slt"])
        try scene.refused("$staleline fix in.slt -o none/out.slt", "none/out.slt", "No such file")
    }

    @Test("A folder in the output's place, and a file in a folder's")
    func folderAsFile() throws {
        let scene = try scene()
        try scene.refused("mkdir out.slt; $staleline convert in.slt out.slt", "out.slt", "folder")
        try scene.refused("$staleline convert in.slt in.slt/out.slt", "Not a directory")
    }

    @Test("A link is followed, and stays a link")
    func link() throws {
        let scene = try scene()
        let end = try scene.run(
            "mkdir far; ln -s far/out.slt out.slt; $staleline convert in.slt out.slt && test -L out.slt && cat far/out.slt"
        )
        #expect(end.status == 0)
        #expect(end.output.hasPrefix("staleline 1\n"))
    }

    @Test("Links that lead round in a circle")
    func linkLoop() throws {
        let scene = try scene()
        try scene.refused(
            "ln -s b.slt a.slt; ln -s a.slt b.slt; $staleline convert in.slt a.slt",
            "Too many levels of symbolic links", leaves: ["a.slt", "b.slt", "in.slt"])
        try scene.refused("$staleline check a.slt", "Too many levels of symbolic links")
    }

    @Test("The reader of a pipe goes away")
    func brokenPipe() throws {
        let scene = try scene()
        try scene.write("long.lackey", Traces.lackey(100_000))
        let end = try scene.run(
            """
            $staleline convert long.lackey --to slt - | head -1; echo ${PIPESTATUS[0]}
            $staleline check in.slt --json | head -c 1; echo
            """)
        #expect(end.output == "staleline 1\n141\n{\n")
        #expect(end.errors.isEmpty || !end.errors.contains("Fatal"))
    }

    @Test("The input in the output's place: it is read whole before it is replaced")
    func sameFile() throws {
        let scene = try scene()
        let end = try scene.run(
            "$staleline convert in.slt in.slt && $staleline check in.slt --json")
        #expect(end.status == 1)
        #expect(end.output.contains("\"H08\""))
    }

    @Test("Two at once into one file: it is one of theirs, whole")
    func twoAtOnce() throws {
        let scene = try scene()
        try scene.write("long.lackey", Traces.lackey(3_000))
        let end = try scene.run(
            """
            for i in 1 2 3 4 5 6; do
                $staleline convert long.lackey out.slt & a=$!; $staleline convert in.slt out.slt & b=$!
                wait $a || exit 3; wait $b || exit 3
                wc -l < out.slt
            done; ls
            """)
        try #require(end.status == 0, "\(end.errors)")
        let counts = Set(end.output.split(separator: "\n").filter { Int($0) != nil })
        let whole = try scene.run(
            "for f in long.lackey in.slt; do $staleline convert $f --to slt - | wc -l; done")
        let sizes = Set(whole.output.split(separator: "\n").compactMap { Int($0) })
        #expect(sizes.count == 2 && sizes.allSatisfy { $0 > 1 }, "\(whole.output)")
        #expect(!counts.isEmpty)
        #expect(
            counts.isSubset(of: Set(whole.output.split(separator: "\n").map { $0 })),
            "\(end.output)")
        #expect(!end.output.contains("partial"))
    }

    @Test("No descriptors are left")
    func descriptors() throws {
        let scene = try scene()
        try scene.write("long.lackey", Traces.lackey(2_000))
        // A stream is read while it is written: that takes two, and the dynamic loader one.
        try scene.refused(
            "ulimit -n 4; exec $staleline convert long.lackey out.slt", "Too many open files",
            leaves: ["in.slt", "long.lackey"])
        let end = try scene.run("ulimit -n 5; exec $staleline convert long.lackey out.slt")
        #expect(end.status == 0, "\(end.errors)")
    }
}
