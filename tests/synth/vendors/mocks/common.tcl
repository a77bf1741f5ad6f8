# What the mock tools share: how they fail on purpose, and a command that nobody knows is an error.
proc behave {} {
  switch -- [expr {[info exists ::env(MOCK)] ? $::env(MOCK) : "works"}] {
    dies {
      puts "INFO: starting"
      puts "ERROR: \[Mock 1-1\] the licence server is on fire"
      puts "INFO: more text that does not matter"
      exit 1
    }
    hangs { after 60000 }
    killed { exec kill -9 [pid] }
  }
}

proc unknown {name args} { error "invalid command name \"$name\"" }

proc must_exist {path what} {
  if {![file isfile $path]} { error "$what $path does not exist" }
}

proc spit {path text} {
  file mkdir [file dirname $path]
  set file [open $path w]
  puts -nonewline $file $text
  close $file
}

# Run a script of the user's; its errors end the tool as they end the real one.
proc play {script} {
  if {[catch {uplevel #0 [list source $script]} told]} {
    puts "ERROR: \[Common 17-39\] $told"
    puts $::errorInfo
    exit 1
  }
}
