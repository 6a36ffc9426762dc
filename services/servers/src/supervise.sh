# Keeps one server for a parent: takes orders as lines on standard input, and answers each with one line. When the input
# ends, which it does however the parent ends, the server is killed and its folder removed.
# Arguments: the folder, the log, and the server's command.

folder=$1 log=$2
shift 2
server=
# An answer that nobody reads any more must not end this before it has cleaned up.
trap '' PIPE

running() {
    grep -qs '^State:[[:space:]]*[^ZX]' "/proc/$1/status"
}

# A server that ended on its own leaves its number to whoever comes: nobody else may be meant.
is_there() {
    [ -n "$server" ] && grep -qs "^PPid:[[:space:]]*$$\$" "/proc/$server/status"
}

# PostgreSQL's children have each a process group of their own.
children() {
    for status in $(grep -lsE "^PPid:[[:space:]]+$1\$" /proc/[0-9]*/status); do
        status=${status%/status}
        echo "${status#/proc/}"
    done
}

# Waits for the processes to end, ten seconds at most.
await_end() {
    tries=0
    for process; do
        while running "$process" && [ "$((tries += 1))" -le 500 ]; do sleep 0.02; done
    done
}

# The server first, so that it makes no more children while it is to stand still.
signal_family() {
    is_there && kill "-$1" "$server" 2>>"$log" || return
    for child in $(children "$server"); do
        kill "-$1" "$child" 2>>"$log"
    done
    return 0
}

kill_server() {
    if ! is_there; then
        server=
        return
    fi
    # First stopped, so that it makes no more children while they are counted.
    kill -STOP "$server" 2>>"$log"
    family="$server $(children "$server")"
    kill -KILL $family 2>>"$log"
    await_end $family
    wait "$server" 2>>"$log"
    server=
}

stop_server() {
    is_there || return 0
    kill "-$1" "$server" 2>>"$log"
    kill -CONT "$server" 2>>"$log"
    await_end "$server"
    kill_server
}

while read -r order argument; do
    case $order in
        start)
            kill_server
            "$@" </dev/null >>"$log" 2>&1 &
            server=$!
            echo "$server"
            ;;
        signal)
            if signal_family "$argument"; then echo done; else echo "no server"; fi
            ;;
        stop)
            stop_server "$argument"
            echo done
            ;;
        kill)
            kill_server
            echo done
            ;;
    esac
done

kill_server
tries=0
until rm -rf "$folder" 2>/dev/null || [ "$((tries += 1))" -gt 100 ]; do sleep 0.1; done
