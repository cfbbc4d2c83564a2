%% The shapes W1 to W6 with Erlang's processes, plain ones and those of gen_server.
%%
%% main([plain | server, Messages, Rounds]) prints a line per workload: its name, and nanoseconds per operation, the
%% median of the rounds.
-module(others).
-behaviour(gen_server).

-export([main/1]).
-export([init/1, handle_call/3, handle_cast/2]).

-define(SENDERS, 4).
-define(RING, 1000).

main([Kind, MessagesText, RoundsText]) ->
    Messages = list_to_integer(atom_to_list(MessagesText)),
    Rounds = list_to_integer(atom_to_list(RoundsText)),
    Workloads = [
        {"W1", fun() -> tell(Kind, Messages, 1) end},
        {"W2", fun() -> tell(Kind, Messages, ?SENDERS) end},
        {"W3", fun() -> ask(Kind, Messages div 4) end},
        {"W4", fun() -> {ring(Kind, 2, Messages div 4 * 2), Messages div 4} end},
        {"W5", fun() -> spawned(Kind, Messages div 20) end},
        {"W6", fun() -> {ring(Kind, ?RING, Messages), Messages} end}
    ],
    lists:foreach(
        fun({Name, Run}) ->
            %% The first round only warms up.
            [_ | Nanos] = [per_operation(Run) || _ <- lists:seq(0, Rounds)],
            Median = lists:nth(length(Nanos) div 2 + 1, lists:sort(Nanos)),
            io:format("~s ~w~n", [Name, round(Median)])
        end,
        Workloads
    ).

%% In a process of its own, whose heap is as fresh as the runtimes of the other programs.
per_operation(Run) ->
    {Pid, Monitor} = spawn_monitor(fun() -> exit({done, Run()}) end),
    receive
        {'DOWN', Monitor, process, Pid, {done, {Nanos, Operations}}} -> Nanos / Operations;
        {'DOWN', Monitor, process, Pid, Reason} -> erlang:error(Reason)
    end.

now_ns() ->
    erlang:monotonic_time(nanosecond).

sum_to(Count) ->
    Count * (Count + 1) div 2.

%% A process that adds up.

start(plain) ->
    spawn(fun() -> sum(0) end);
start(server) ->
    {ok, Pid} = gen_server:start(?MODULE, sum, []),
    Pid.

sum(Total) ->
    receive
        {add, Number} ->
            sum(Total + Number);
        {echo, From, Ref, Number} ->
            From ! {Ref, Number},
            sum(Total + Number);
        {total, From, Ref} ->
            From ! {Ref, Total},
            sum(Total);
        stop ->
            ok
    end.

add(plain, Pid, Number) -> Pid ! {add, Number};
add(server, Pid, Number) -> gen_server:cast(Pid, {add, Number}).

echo(plain, Pid, Number) ->
    Ref = make_ref(),
    Pid ! {echo, self(), Ref, Number},
    receive
        {Ref, Answer} -> Answer
    end;
echo(server, Pid, Number) ->
    gen_server:call(Pid, {echo, Number}).

total(plain, Pid) ->
    Ref = make_ref(),
    Pid ! {total, self(), Ref},
    receive
        {Ref, Total} -> Total
    end;
total(server, Pid) ->
    gen_server:call(Pid, total, infinity).

stop(plain, Pid) ->
    Monitor = monitor(process, Pid),
    Pid ! stop,
    receive
        {'DOWN', Monitor, process, Pid, _} -> ok
    end;
stop(server, Pid) ->
    gen_server:stop(Pid).

tell(Kind, Count, Senders) ->
    Pid = start(Kind),
    Each = Count div Senders,
    Began = now_ns(),
    Tasks = [spawn_monitor(fun() -> send(Kind, Pid, 1, Each) end) || _ <- lists:seq(1, Senders)],
    lists:foreach(
        fun({Task, Monitor}) ->
            receive
                {'DOWN', Monitor, process, Task, normal} -> ok
            end
        end,
        Tasks
    ),
    Total = total(Kind, Pid),
    Took = now_ns() - Began,
    %% Every message counts once.
    Total = Senders * sum_to(Each),
    ok = stop(Kind, Pid),
    {Took, Each * Senders}.

send(_, _, Number, Last) when Number > Last -> ok;
send(Kind, Pid, Number, Last) ->
    add(Kind, Pid, Number),
    send(Kind, Pid, Number + 1, Last).

ask(Kind, Count) ->
    Pid = start(Kind),
    Began = now_ns(),
    ok = call(Kind, Pid, 1, Count),
    Took = now_ns() - Began,
    ok = stop(Kind, Pid),
    {Took, Count}.

call(_, _, Number, Last) when Number > Last -> ok;
call(Kind, Pid, Number, Last) ->
    %% Each gets its own answer.
    Number = echo(Kind, Pid, Number),
    call(Kind, Pid, Number + 1, Last).

spawned(Kind, Count) ->
    Began = now_ns(),
    ok = spawn_stop(Kind, Count),
    {now_ns() - Began, Count}.

spawn_stop(_, 0) -> ok;
spawn_stop(Kind, Left) ->
    ok = stop(Kind, start(Kind)),
    spawn_stop(Kind, Left - 1).

%% A ring; of two, it is ping-pong.

ring(Kind, Size, Hops) ->
    Finish = self(),
    Nodes = [node_of(Kind, Index, Finish) || Index <- lists:seq(0, Size - 1)],
    [First | Rest] = Nodes,
    lists:foreach(fun({Pid, Next}) -> pass(Kind, Pid, {next, Next}) end, lists:zip(Nodes, Rest ++ [First])),
    Began = now_ns(),
    pass(Kind, First, {token, Hops}),
    Ended =
        receive
            {finish, Index} -> Index
        end,
    Took = now_ns() - Began,
    %% The token ends at its place.
    Ended = Hops rem Size,
    lists:foreach(fun(Pid) -> exit(Pid, kill) end, Nodes),
    Took.

node_of(plain, Index, Finish) ->
    spawn(fun() -> node_loop(Index, Finish, none) end);
node_of(server, Index, Finish) ->
    {ok, Pid} = gen_server:start(?MODULE, {node, Index, Finish, none}, []),
    Pid.

pass(plain, Pid, Message) -> Pid ! Message;
pass(server, Pid, Message) -> gen_server:cast(Pid, Message).

node_loop(Index, Finish, Next) ->
    receive
        {next, Pid} ->
            node_loop(Index, Finish, Pid);
        {token, 0} ->
            Finish ! {finish, Index},
            node_loop(Index, Finish, Next);
        {token, Left} ->
            Next ! {token, Left - 1},
            node_loop(Index, Finish, Next)
    end.

%% The same as gen_server.

init(sum) -> {ok, 0};
init({node, _, _, _} = Node) -> {ok, Node}.

handle_call({echo, Number}, _From, Total) -> {reply, Number, Total + Number};
handle_call(total, _From, Total) -> {reply, Total, Total}.

handle_cast({add, Number}, Total) ->
    {noreply, Total + Number};
handle_cast({next, Next}, {node, Index, Finish, _}) ->
    {noreply, {node, Index, Finish, Next}};
handle_cast({token, 0}, {node, Index, Finish, _} = Node) ->
    Finish ! {finish, Index},
    {noreply, Node};
handle_cast({token, Left}, {node, _, _, Next} = Node) ->
    gen_server:cast(Next, {token, Left - 1}),
    {noreply, Node}.
